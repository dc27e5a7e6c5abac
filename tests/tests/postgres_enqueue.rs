//! Notifications that other programs add within their own transactions: in Rust, and with the SQL function. Starts a
//! server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::Duration;

use dingtalk_core::{
    Envelope, ErrorKind, Message, Stub,
    delivery::{Dedupe, Urgency},
    queue::{
        Queue,
        store::{Enqueued, Loss, Store as _},
    },
};
use dingtalk_outbox::{Outbox as _, PostgresStore, enqueue_in_postgres, outbox::Standing};
use dingtalk_tests::{
    postgres_place::{PostgresPlace, connect},
    postgres_server::schema,
};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, error::SqlState};

const LANE: &str = "name:ops";

/// Creates a schema, in which the program that delivers has registered the robot `ops`.
async fn place() -> Option<PostgresPlace> {
    let place = PostgresPlace::with_the_server_s_clock().await?;
    place.store().name_robots(&[("ops", LANE)]).await.unwrap();
    Some(place)
}

async fn delivered(store: PostgresStore) -> Vec<Envelope> {
    let robot = Stub::new();
    let queue = Queue::builder().lane("ops", robot.clone()).store(store).build().unwrap();
    queue.shutdown(Duration::from_secs(20)).await.unwrap();
    robot.envelopes()
}

/// Returns a client whose role can do nothing but add notifications.
async fn stranger(place: &PostgresPlace) -> Client {
    let (role, schema) = (schema(), &place.schema);
    let sql = format!(
        "CREATE ROLE {role}; GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT EXECUTE ON FUNCTION {schema}.enqueue TO {role}"
    );
    place.client.batch_execute(&sql).await.unwrap();
    let client = connect(place.server, "public").await;
    client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_sent_if_its_transaction_is_committed() {
    let Some(place) = place().await else { return };
    let mut client = connect(place.server, "public").await;
    for (id, commits) in [("kept", true), ("undone", false)] {
        let mut transaction = client.transaction().await.unwrap();
        let envelope = Envelope::new(Message::text(id)).with_id(id);
        let added = enqueue_in_postgres(&mut transaction, &place.schema, LANE, &envelope, 10).await.unwrap();
        assert_eq!(added, Enqueued::Added);
        let path: String = transaction.query_one("SHOW search_path", &[]).await.unwrap().get(0);
        assert_eq!(path, "public", "the program's own path is left as it was");
        if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
    }
    let envelopes = delivered(place.store()).await;
    assert_eq!(envelopes.iter().map(|envelope| &*envelope.id).collect::<Vec<_>>(), ["kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_takes_long_holds_no_other_notification_up() {
    let Some(place) = place().await else { return };
    let store = place.store();
    store.enqueue(LANE, Envelope::new(Message::text("earlier")), 10).await.unwrap();
    let mut client = connect(place.server, "public").await;
    let mut transaction = client.transaction().await.unwrap();
    let envelope = Envelope::new(Message::text("long"));
    enqueue_in_postgres(&mut transaction, &place.schema, LANE, &envelope, 10).await.unwrap();
    store.enqueue(LANE, Envelope::new(Message::text("later")), 10).await.unwrap();
    assert_eq!(delivered(store).await.len(), 2);
    transaction.commit().await.unwrap();
    assert_eq!(delivered(place.store()).await, [envelope]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_a_higher_level_does_not_fail_because_others_add_notifications() {
    let Some(place) = place().await else { return };
    let mut client = connect(place.server, "public").await;
    let transaction =
        client.build_transaction().isolation_level(tokio_postgres::IsolationLevel::RepeatableRead);
    let mut transaction = transaction.start().await.unwrap();
    transaction.query_one("SELECT 1", &[]).await.unwrap();
    let store = place.store();
    for _ in 0..3 {
        store.enqueue(LANE, Envelope::new(Message::text("other")), 10).await.unwrap();
    }
    let envelope = Envelope::new(Message::text("mine"));
    enqueue_in_postgres(&mut transaction, &place.schema, LANE, &envelope, 10).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(store.pending(LANE).await.unwrap().total(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_can_only_enqueue_adds_notifications_with_sql() {
    let Some(place) = place().await else { return };
    let stranger = stranger(&place).await;
    let schema = &place.schema;
    let add = format!("SELECT id, outcome FROM {schema}.enqueue($1, $2::text::jsonb, $3::text::jsonb)");
    let message = r#"{"type": "markdown", "title": "Order", "text": "**Order**\n\n- a book"}"#;
    let options = r#"{"id": "order-1", "urgency": "urgent", "dedupe": {"key": "order", "span_ms": 60000}}"#;
    let row = stranger.query_one(&add, &[&"ops", &message, &options]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("order-1", "added"));
    let row = stranger.query_one(&add, &[&"ops", &message, &options]).await.unwrap();
    assert_eq!(row.get::<_, &str>(1), "known");
    let again = r#"{"dedupe": {"key": "order", "span_ms": 60000}}"#;
    let row = stranger.query_one(&add, &[&"ops", &message, &again]).await.unwrap();
    assert_eq!(row.get::<_, &str>(1), "suppressed");

    for forbidden in
        ["SELECT * FROM {}.item", "DELETE FROM {}.dead", "SELECT {}.clean()", "SELECT {}.clock()"]
    {
        let error = stranger.query(&forbidden.replace("{}", schema), &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{forbidden}");
    }
    // A table of the caller's own takes the place of none of the function's.
    stranger
        .batch_execute("CREATE TEMP TABLE item (id text); CREATE TEMP TABLE meta (capacity bigint)")
        .await
        .unwrap();
    stranger.query_one(&add, &[&"ops", &message, &"{}"]).await.unwrap();

    let envelopes = delivered(place.store()).await;
    assert_eq!(envelopes.len(), 2);
    let expected = Envelope::new(Message::markdown("Order", "**Order**\n\n- a book")).with_id("order-1");
    let first = &envelopes[0];
    assert_eq!(
        (&first.id, &first.message, first.urgency),
        (&expected.id, &expected.message, Urgency::Urgent)
    );
    assert_eq!(first.dedupe, Some(Dedupe::new("order", Duration::from_secs(60))));
    assert!(first.expires_at.is_some(), "it expires as others do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_invalid_fails_in_sql_or_becomes_a_dead_letter() {
    let Some(place) = place().await else { return };
    let stranger = stranger(&place).await;
    let add = format!("SELECT id FROM {}.enqueue($1, $2::text::jsonb, $3::text::jsonb)", place.schema);
    let text = r#"{"type": "text", "content": "a"}"#;
    for (robot, message, options, words) in [
        ("dev", text, "{}", "unknown robot \"dev\""),
        ("ops", r#"{"type": "text", "content": " "}"#, "{}", "the message has no valid content"),
        ("ops", r#"{"msgtype": "text"}"#, "{}", "the message has no valid type"),
        ("ops", r#"{"type": "feed_card", "items": []}"#, "{}", "the message has no valid items"),
        ("ops", text, r#"{"urgent": true}"#, "unknown option: urgent"),
        ("ops", text, r#"{"urgency": "high"}"#, "invalid urgency \"high\""),
    ] {
        let error = stranger.query(&add, &[&robot, &message, &options]).await.unwrap_err();
        let found = error.as_db_error().unwrap().message();
        assert!(found.contains(words), "{found}");
    }
    let link = r#"{"type": "link", "title": "a", "text": "b", "url": "javascript:alert(1)"}"#;
    stranger.query_one(&add, &[&"ops", &link, &r#"{"id": "bad"}"#]).await.unwrap();
    stranger.query_one(&add, &[&"ops", &text, &r#"{"id": "good"}"#]).await.unwrap();
    let store = place.store();
    assert_eq!(delivered(store.clone()).await.len(), 1, "an invalid one does not block its lane");
    let letters = store.dead_letters(9).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&*letters[0].envelope.id, letters[0].loss), ("bad", Loss::Refused(ErrorKind::Invalid)));
    assert!(matches!(store.find("good").await.unwrap(), Standing::Delivered(_)));

    place.client.batch_execute("UPDATE meta SET capacity = 0").await.unwrap();
    let error = stranger.query(&add, &[&"ops", &text, &"{}"]).await.unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("the queue is full"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_start_together_make_one_schema_and_do_not_see_those_of_others() {
    let Some(place) = place().await else { return };
    let names = [schema(), schema()];
    let stores = names.iter().flat_map(|name| std::iter::repeat_n(name, 4)).map(|name| {
        let postgres = dingtalk_outbox::Postgres::builder(place.server.url()).schema(name).connections(2);
        let store = PostgresStore::new(postgres.build().unwrap());
        tokio::spawn(async move { store.enqueue(LANE, Envelope::new(Message::text("a")), 100).await })
    });
    for store in stores.collect::<Vec<_>>() {
        assert_eq!(store.await.unwrap().unwrap(), Enqueued::Added);
    }
    for name in &names {
        let count = format!("SELECT count(*) FROM {name}.item");
        assert_eq!(place.client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0), 4);
    }
    let refused = dingtalk_outbox::Postgres::builder(place.server.url()).schema(schema()).migrate(false);
    let error = PostgresStore::new(refused.build().unwrap()).lanes().await.unwrap_err();
    assert!(error.to_string().contains("are missing or outdated"), "{error}");
}

/// Interval of a queue that has to be told of what others add.
const NEVER: Duration = Duration::from_secs(3_600);

/// Longest time for a delivery.
const PATIENCE: Duration = Duration::from_secs(40);

async fn wait_for(robot: &Stub, number: usize) {
    let since = Instant::now();
    while robot.envelopes().len() < number {
        assert!(since.elapsed() < PATIENCE, "{} of {number}", robot.envelopes().len());
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_told_of_what_another_program_adds() {
    let Some(place) = place().await else { return };
    let robot = Stub::new();
    let store = place.store().polling(NEVER);
    let _queue = Queue::builder().lane("ops", robot.clone()).store(store.clone()).build().unwrap();
    let stranger = stranger(&place).await;
    let sql = format!("SELECT {}.enqueue('ops', '{{\"type\": \"text\", \"content\": \"a\"}}')", place.schema);
    // The first one may be found when the queue begins to listen; the others are told.
    for number in 1..=5 {
        stranger.batch_execute(&sql).await.unwrap();
        wait_for(&robot, number).await;
    }

    // A connection is lost, and something is added before the next one listens.
    let lost = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (
        SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint::bit(32)::integer = lock_space())";
    assert_eq!(place.client.query(lost, &[]).await.unwrap().len(), 1);
    stranger.batch_execute(&sql).await.unwrap();
    wait_for(&robot, 6).await;
    stranger.batch_execute(&sql).await.unwrap();
    wait_for(&robot, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_looks_rarely_while_it_is_told() {
    let Some(place) = place().await else { return };
    let robot = Stub::new();
    let store = place.store();
    let often = store.poll_interval().unwrap();
    let _queue = Queue::builder().lane("ops", robot.clone()).store(store.clone()).build().unwrap();
    let becomes = async |expected: bool| {
        let since = Instant::now();
        while (store.poll_interval().unwrap() > often) != expected {
            assert!(since.elapsed() < PATIENCE);
            sleep(Duration::from_millis(20)).await;
        }
    };
    becomes(true).await;
    // A server that does not tell is asked often.
    place.client.batch_execute("UPDATE meta SET notify = false").await.unwrap();
    becomes(false).await;
    place.client.batch_execute("UPDATE meta SET notify = true").await.unwrap();
    becomes(true).await;
    // Another process may end with its claim.
    let other = place.store();
    other.enqueue("name:other", Envelope::new(Message::text("a")), 10).await.unwrap();
    assert!(other.claim("name:other", 1, NEVER).await.unwrap().claim.is_some());
    assert!(store.claim("name:other", 1, NEVER).await.unwrap().claim.is_none());
    assert_eq!(store.poll_interval(), Some(often));
}
