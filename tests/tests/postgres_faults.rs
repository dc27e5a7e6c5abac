//! Faults around PostgreSQL: processes that are killed, and a server that crashes, is away, or has no connection left.
//! Starts servers of its own. `OUTBOX_ROUNDS` sets the number of rounds.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::BTreeMap,
    env,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::{
    DeliverExt as _, Envelope, ErrorKind, Message, Robot,
    queue::store::{Enqueued, Store as _},
};
use dingtalk_outbox::{Postgres, PostgresStore, State};
use dingtalk_sandbox::{RobotConfig, Sandbox};
use dingtalk_tests::{
    postgres_place::{PostgresPlace, connect},
    postgres_server::{PostgresServer, schema},
};
use tokio::time::sleep;

const ROUNDS: usize = 4;

/// Notifications that one process adds, if it lives long enough.
const NOTIFICATIONS: usize = 60;

/// Time that the last process has for the rest.
const LONG: Duration = Duration::from_secs(90);

fn rounds() -> usize {
    env::var("OUTBOX_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::builder().robot(RobotConfig::new("0123abcd")).rate_per_minute(None);
    sandbox.deduplicate(true).log_capacity(1_000_000).start().await.unwrap()
}

/// Starts a process that adds notifications, and delivers those of all processes.
fn start(
    server: &PostgresServer,
    schema: &str,
    sandbox: &Sandbox,
    notifications: usize,
    prefix: &str,
) -> Child {
    Command::new(env!("CARGO_BIN_EXE_outbox_user"))
        .arg(format!("{} {schema}", server.url()))
        .args([&*sandbox.base_url(), &notifications.to_string(), prefix, "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a process, and returns the ids that it has printed.
fn kill(mut child: Child) -> Vec<String> {
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    // The last line may be incomplete.
    let complete = lines.rfind('\n').map_or("", |end| &lines[..end]);
    complete.lines().map(str::to_owned).collect()
}

/// Returns how often each notification is in the group.
fn seen(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for wire in sandbox.accepted() {
        let text = match wire.message {
            Message::Text(text) => text.content,
            Message::Markdown(markdown) => markdown.text,
            other => panic!("{other:?}"),
        };
        for (at, _) in text.match_indices("This is ") {
            let id = text[at + "This is ".len()..].split('.').next().unwrap().replace('\\', "");
            *seen.entry(id).or_default() += 1;
        }
    }
    seen
}

/// Waits until nothing is left, and checks that each notification was seen, and seen once.
async fn check(store: &PostgresStore, sandbox: &Sandbox, last: Child, mut accepted: Vec<String>) {
    let deadline = Instant::now() + LONG;
    while !matches!(store.lanes().await, Ok(lanes) if lanes.is_empty()) || sandbox.accepted().len() < 2 {
        assert!(Instant::now() < deadline, "these are left: {:?}", store.lanes().await);
        sleep(Duration::from_millis(50)).await;
    }
    accepted.extend(kill(last));
    assert_eq!(store.dead_letters(10).await.unwrap(), []);
    let seen = seen(sandbox);
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "seen twice: {twice:?}");
    let missing: Vec<_> = accepted.iter().filter(|id| !seen.contains_key(*id)).collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    assert!(accepted.len() > 10, "hardly anything was accepted");
    #[allow(clippy::print_stderr, reason = "a figure for the documentation")]
    {
        eprintln!("{} notifications, none lost, none seen twice", accepted.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_nothing_and_show_nothing_twice() {
    let Some(place) = PostgresPlace::with_the_server_s_clock().await else { return };
    // Fifty times as fast, so that leases end soon.
    let origin = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let clock = format!(
        "CREATE OR REPLACE FUNCTION clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
         'SELECT to_timestamp({origin}) + (clock_timestamp() - to_timestamp({origin})) * 50'"
    );
    place.client.batch_execute(&clock).await.unwrap();
    let sandbox = sandbox().await;
    let mut accepted = Vec::new();
    for round in 0..rounds() {
        let name = |name| format!("{name}{round}");
        let two = ["a", "b"]
            .map(|prefix| start(place.server, &place.schema, &sandbox, NOTIFICATIONS, &name(prefix)));
        for child in two {
            sleep(Duration::from_millis(rand::random_range(100..900))).await;
            accepted.extend(kill(child));
        }
    }
    let last = start(place.server, &place.schema, &sandbox, 1, "a-last");
    check(&place.store(), &sandbox, last, accepted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_loses_nothing_and_is_used_again() {
    let Some(server) = PostgresServer::start("fsync = on") else { return };
    let (schema, sandbox) = (schema(), sandbox().await);
    let mut accepted = Vec::new();
    let mut two = ["a", "b"].map(|prefix| Some(start(&server, &schema, &sandbox, 400, prefix)));
    for _ in 0..rounds().div_ceil(2) {
        sleep(Duration::from_millis(rand::random_range(400..1200))).await;
        server.crash();
        sleep(Duration::from_millis(rand::random_range(100..1500))).await;
        server.restart();
    }
    let store = PostgresStore::new(Postgres::builder(server.url()).schema(&schema).build().unwrap());
    let deadline = Instant::now() + LONG;
    while seen(&sandbox).len() < 800 {
        assert!(Instant::now() < deadline, "{} of 800; {:?}", seen(&sandbox).len(), store.lanes().await);
        sleep(Duration::from_millis(200)).await;
    }
    accepted.extend(kill(two[0].take().unwrap()));
    check(&store, &sandbox, two[1].take().unwrap(), accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_sends_wait_and_then_fail_as_rate_limited() {
    let Some(server) = PostgresServer::start("fsync = on") else { return };
    let sandbox = sandbox().await;
    let postgres = Postgres::builder(server.url()).build().unwrap();
    let robot = |state: State| {
        let robot = Robot::builder("0123abcd").base_url(sandbox.base_url()).deadline(Duration::from_secs(2));
        robot.windows(Arc::new(state)).build().unwrap()
    };
    let strict = robot(State::postgres(postgres.clone()).build());
    let lenient = robot(State::postgres(postgres.clone()).required(false).build());
    strict.send(&Message::text("before")).await.unwrap();
    lenient.send(&Message::text("before, too")).await.unwrap();

    server.crash();
    let since = Instant::now();
    let error = strict.send(&Message::text("while it is away")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    assert!(error.to_string().contains("the shared state is unavailable"), "{error}");
    assert!(since.elapsed() > Duration::from_secs(1), "it waited: {:?}", since.elapsed());
    lenient.send(&Message::text("without the state")).await.unwrap();

    // A send that waits has its slot when the server is back.
    let waiting = tokio::spawn({
        let strict =
            Robot::builder("0123abcd").base_url(sandbox.base_url()).deadline(Duration::from_secs(60));
        let strict = strict.windows(Arc::new(State::postgres(postgres).build())).build().unwrap();
        async move { strict.send(&Message::text("waits")).await }
    });
    sleep(Duration::from_secs(1)).await;
    server.restart();
    waiting.await.unwrap().unwrap();
    strict.send(&Message::text("after")).await.unwrap();
    assert_eq!(sandbox.accepted().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_all_in_use_are_told_apart_from_a_server_that_is_gone() {
    let Some(server) = PostgresServer::start("fsync = on") else { return };
    let postgres = Postgres::builder(server.url()).connections(1).build().unwrap();
    let store = PostgresStore::new(postgres).without_session();
    let add = |id: &'static str| {
        let store = store.clone();
        async move { store.enqueue("lane", Envelope::new(Message::text("a")).with_id(id), 100).await }
    };
    assert_eq!(add("first").await.unwrap(), Enqueued::Added);
    let mut other = connect(&server, "dingtalk").await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let blocked = tokio::spawn(add("second"));
    sleep(Duration::from_millis(500)).await;
    let error = add("third").await.unwrap_err();
    assert!(error.to_string().contains("all connections of this program are in use"), "{error}");
    drop(lock);
    drop(other);
    assert_eq!(blocked.await.unwrap().unwrap(), Enqueued::Added);
    server.crash();
    let error = add("fourth").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(!error.to_string().contains("in use"), "{error}");
    server.restart();
    assert_eq!(add("fifth").await.unwrap(), Enqueued::Added, "nothing has to be started anew");
}
