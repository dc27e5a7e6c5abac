//! Notifications that other programs add to the file of a store: in a transaction of their own database, and with any
//! SQLite client.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{path::PathBuf, time::Duration};

use dingtalk_core::{
    Envelope, Message, Stub,
    delivery::{Dedupe, Urgency},
    queue::{
        Queue,
        store::{Enqueued, Store as _},
    },
};
use dingtalk_outbox::{
    Outbox as _, SqliteStore, enqueue_in,
    outbox::{EntryState, Filter, Kind, Standing},
    rusqlite::Connection,
};
use dingtalk_tests::temporary::TemporaryDirectory;

const LANE: &str = "robot:a";

const LEASE: Duration = Duration::from_secs(60);

/// The database of a program, with a table of its own.
fn app() -> (TemporaryDirectory, PathBuf, Connection) {
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("app.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE item (number INTEGER PRIMARY KEY)").unwrap();
    (directory, path, connection)
}

fn envelope(id: &str) -> Envelope {
    Envelope::new(Message::text(format!("Order {id}"))).with_id(id)
}

fn insert(connection: &Connection, message: &str, id: Option<&str>) -> Result<usize, rusqlite::Error> {
    let sql = "INSERT INTO dingtalk_outbox (lane, message, id) VALUES (?1, ?2, ?3)";
    connection.execute(sql, (LANE, message, id))
}

async fn waiting(store: &SqliteStore) -> Vec<String> {
    let page = store.list(Filter::new(Kind::Unfinished)).await.unwrap();
    page.entries.into_iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn a_notification_is_accepted_with_the_transaction_of_its_sender() {
    let (_directory, path, mut app) = app();
    for (number, commits) in [(1, false), (2, true)] {
        let mut transaction = app.transaction().unwrap();
        transaction.execute("INSERT INTO item (number) VALUES (?1)", [number]).unwrap();
        let enqueued = enqueue_in(&mut transaction, LANE, envelope(&number.to_string()), 10).unwrap();
        assert_eq!(enqueued, Enqueued::Added);
        if commits {
            assert_eq!(enqueue_in(&mut transaction, LANE, envelope("2"), 10).unwrap(), Enqueued::Known);
            transaction.commit().unwrap();
        }
    }
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(waiting(&store).await, ["2"]);
    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    assert_eq!(claimed.items[0].envelope.message, envelope("2").message);
    let expires = claimed.items[0].envelope.expires_at.unwrap().duration_since(claimed.now).unwrap();
    assert!(expires > Duration::from_secs(23 * 3600), "{expires:?}");
}

#[tokio::test]
async fn a_full_store_refuses_and_leaves_the_transaction_as_it_is() {
    let (_directory, path, mut app) = app();
    let mut transaction = app.transaction().unwrap();
    transaction.execute("INSERT INTO item (number) VALUES (1)", []).unwrap();
    let dedupe = Dedupe::new("same", LEASE);
    let first = envelope("first").with_dedupe(dedupe.clone());
    assert_eq!(enqueue_in(&mut transaction, LANE, first, 1).unwrap(), Enqueued::Added);
    let again = envelope("again").with_dedupe(dedupe);
    assert_eq!(enqueue_in(&mut transaction, LANE, again, 1).unwrap(), Enqueued::Suppressed);
    assert_eq!(enqueue_in(&mut transaction, LANE, envelope("full"), 1).unwrap(), Enqueued::Full);
    transaction.commit().unwrap();
    assert_eq!(waiting(&SqliteStore::open(&path).unwrap()).await, ["first"]);
    let rows: i64 = app.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_queue_delivers_from_the_database_of_a_program() {
    let (_directory, path, mut app) = app();
    let mut transaction = app.transaction().unwrap();
    // The lane of a robot without a key.
    enqueue_in(&mut transaction, "name:ops", envelope("1"), 10).unwrap();
    transaction.commit().unwrap();
    let robot = Stub::new();
    let store = SqliteStore::open(&path).unwrap();
    let queue = Queue::builder().lane("ops", robot.clone()).store(store).build().unwrap();
    queue.drain(Duration::from_secs(30)).await.unwrap();
    assert_eq!(robot.envelopes()[0].message, envelope("1").message);
}

#[tokio::test]
async fn an_inserted_row_is_delivered_as_it_was_written() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    insert(&app, r#"{"type": "text", "content": "Disk is full"}"#, None).unwrap();
    let sql = "INSERT INTO dingtalk_outbox (lane, message, id, robot, urgent, expires_at_ms)
        VALUES (?1, '{\"type\":\"markdown\",\"title\":\"CPU\",\"text\":\"### CPU\"}', 'mine', 'ops', 1, 4000000000000)";
    app.execute(sql, [LANE]).unwrap();
    let message: String = app
        .query_row("SELECT message FROM dingtalk_outbox WHERE urgent AND id = 'mine'", [], |row| row.get(0))
        .unwrap();
    assert!(message.contains("### CPU"), "{message}");

    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    let [urgent, normal] = &claimed.items[..] else { panic!("{:?}", claimed.items) };
    assert_eq!(urgent.envelope.message, Message::markdown("CPU", "### CPU"));
    assert_eq!((&*urgent.envelope.id, urgent.envelope.robot.as_deref()), ("mine", Some("ops")));
    assert_eq!(urgent.envelope.urgency, Urgency::Urgent);
    assert_eq!(normal.envelope.message, Message::text("Disk is full"));
    assert_eq!(normal.envelope.id.len(), 32, "an id was made");
    assert!(normal.envelope.expires_at.is_some());
    assert!(matches!(store.find(&normal.envelope.id).await.unwrap(), Standing::Kept { .. }));
}

#[tokio::test]
async fn an_id_is_inserted_once_and_nothing_replaces_it() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    let text = r#"{"type": "text", "content": "Disk is full"}"#;
    for _ in 0..2 {
        insert(&app, text, Some("a")).unwrap();
    }
    let replace = "INSERT OR REPLACE INTO dingtalk_outbox (lane, message, id) VALUES (?1, ?2, ?3)";
    app.execute(replace, (LANE, text, "a")).unwrap();
    app.execute(replace, (LANE, text, "b")).unwrap();
    assert_eq!(waiting(&store).await, ["a", "b"]);
    assert_eq!(store.lanes().await.unwrap().len(), 1);
    assert_eq!(store.pending(LANE).await.unwrap().waiting, 2);
}

#[tokio::test]
async fn a_row_with_a_mistake_is_refused_with_its_column() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    let refused = |sql: &str, column: &str| {
        let error = app.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(column), "{sql}: {error}");
    };
    let text = r#"'{"type": "text", "content": "x"}'"#;
    refused(&format!("INSERT INTO dingtalk_outbox (message) VALUES ({text})"), "dingtalk_outbox.lane");
    for message in ["NULL", "'Disk is full'", "'[]'", "'{\"content\": \"x\"}'"] {
        let sql = format!("INSERT INTO dingtalk_outbox (lane, message) VALUES ('a', {message})");
        refused(&sql, "dingtalk_outbox.message");
    }
    for (column, value) in
        [("id", "' '"), ("id", "7"), ("robot", "7"), ("urgent", "2"), ("expires_at_ms", "'soon'")]
    {
        let sql =
            format!("INSERT INTO dingtalk_outbox (lane, message, {column}) VALUES ('a', {text}, {value})");
        refused(&sql, &format!("dingtalk_outbox.{column}"));
    }
    app.execute("UPDATE dingtalk_meta SET notifications = 100000", []).unwrap();
    refused(
        &format!("INSERT INTO dingtalk_outbox (lane, message) VALUES ('a', {text})"),
        "nothing was added",
    );
    assert_eq!(waiting(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_message_that_cannot_be_read_becomes_a_dead_letter_and_delays_nothing() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    insert(&app, r#"{"type": "telegram", "secret plan": 7}"#, Some("unknown")).unwrap();
    insert(&app, r#"{"type": "text", "content": ["secret plan"]}"#, Some("list")).unwrap();
    insert(&app, r#"{"type": "text", "content": "fine"}"#, Some("fine")).unwrap();
    let claimed = store.claim(LANE, 1, LEASE).await.unwrap();
    assert_eq!((claimed.claim, claimed.next), (None, Some(Duration::ZERO)));
    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    let ids: Vec<_> = claimed.items.iter().map(|item| &*item.envelope.id).collect();
    assert_eq!(ids, ["fine"]);
    let ids: Vec<_> = claimed.expired.iter().map(|letter| &*letter.envelope.id).collect();
    assert_eq!(ids, ["list"], "the queue tells its loss");
    let letters = store.dead_letters(9).await.unwrap();
    assert_eq!(letters.len(), 2);
    for letter in &letters {
        assert!(letter.failure.text.contains("dingtalk_outbox"), "{}", letter.failure);
        assert!(!format!("{letter:?}").contains("secret plan"), "{letter:?}");
    }
    let Standing::Kept { entry, .. } = store.find("list").await.unwrap() else { panic!("it is kept") };
    assert!(matches!(entry.state, EntryState::Dead(..)) && entry.envelope.is_none());

    // Sent again, it is what was written, not what stands for it.
    store.release(&claimed.claim.unwrap()).await.unwrap();
    assert_eq!(store.redeliver("list", 10).await.unwrap(), Some(Enqueued::Added));
    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    assert_eq!(claimed.items.len(), 1);
    assert_eq!(claimed.expired[0].envelope.id, "list");
}

#[tokio::test]
async fn an_urgent_notification_displaces_one_that_cannot_be_read() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    insert(&app, r#"{"type": "telegram"}"#, Some("unknown")).unwrap();
    let urgent = envelope("urgent").with_urgency(Urgency::Urgent);
    let Enqueued::Displaced(letter) = store.enqueue(LANE, urgent, 1).await.unwrap() else {
        panic!("it has room")
    };
    assert_eq!(letter.envelope.id, "unknown");
}

/// The client of Python has a SQLite of its own. Before 3.51.3, it can only be used while nobody else writes, as here.
#[cfg(unix)]
#[tokio::test]
async fn a_program_in_python_adds_notifications_in_its_transaction() {
    const PROGRAM: &str = r#"
import json, sqlite3, sys

app = sqlite3.connect(sys.argv[1])
message = json.dumps({"type": "text", "content": "Order 4711 from Python"})
for order, commits in ((4711, True), (4712, False)):
    app.execute("INSERT INTO item (number) VALUES (?)", (order,))
    app.execute("INSERT INTO dingtalk_outbox (lane, message, id) VALUES (?, ?, ?)", ("robot:a", message, str(order)))
    app.commit() if commits else app.rollback()
try:
    app.execute("INSERT INTO dingtalk_outbox (lane, message) VALUES ('robot:a', 'Order')")
except sqlite3.IntegrityError as error:
    print(error)
"#;
    let (_directory, path, _) = app();
    drop(SqliteStore::open(&path).unwrap());
    let output = std::process::Command::new("python3").args(["-c", PROGRAM]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("dingtalk_outbox.message: must be a JSON object"), "{printed}");
    let store = SqliteStore::open(&path).unwrap();
    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    let [item] = &claimed.items[..] else { panic!("{:?}", claimed.items) };
    assert_eq!(item.envelope.id, "4711");
    assert_eq!(item.envelope.message, Message::text("Order 4711 from Python"));
}

#[tokio::test]
async fn each_documented_message_can_be_read() {
    let (_directory, path, app) = app();
    let store = SqliteStore::open(&path).unwrap();
    let page = include_str!("../../docs/outbox.md");
    let table = page.split_once("| message | JSON |").unwrap().1.split_once("\n\n").unwrap().0;
    let messages: Vec<_> = table.lines().filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(messages.len(), 5, "one of each type");
    for message in &messages {
        insert(&app, &message.replace('…', "example.com"), None).unwrap();
    }
    let claimed = store.claim(LANE, 9, LEASE).await.unwrap();
    assert_eq!(claimed.expired, []);
    assert_eq!(claimed.items.len(), 5);
    let mentions = page.split_once("Mentions are `").unwrap().1.split_once('`').unwrap().0;
    let message = format!(r#"{{"type": "text", "content": "@13800000000 @manager_1 @all", {mentions}}}"#);
    insert(&app, &message, Some("mentions")).unwrap();
    let Standing::Kept { entry, .. } = store.find("mentions").await.unwrap() else { panic!("it waits") };
    let Some(Message::Text(text)) = entry.envelope.map(|envelope| envelope.message) else {
        panic!("it cannot be read")
    };
    assert_eq!((text.mentions.mobiles.len(), text.mentions.user_ids.len(), text.mentions.all), (1, 1, true));
}
