//! Writes that wait at the same time are committed together, and each has its own answer.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use dingtalk_core::{
    Envelope, ErrorKind, Message,
    queue::store::{Enqueued, Store as _},
};
use dingtalk_outbox::SqliteStore;
use dingtalk_tests::temporary::TemporaryDirectory;
use rusqlite::Connection;
use tokio::task::JoinHandle;

const LANE: &str = "robot:a";

const CAPACITY: usize = 1000;

fn file() -> (TemporaryDirectory, PathBuf) {
    let directory = TemporaryDirectory::new();
    let file = directory.path().join("outbox.db");
    (directory, file)
}

fn enqueue(store: &SqliteStore, id: &str, capacity: usize) -> JoinHandle<Enqueued> {
    let (store, envelope) = (store.clone(), Envelope::new(Message::text("Disk is full")).with_id(id));
    tokio::spawn(async move { store.enqueue(LANE, envelope, capacity).await.unwrap() })
}

/// Locks the file, so that the first write waits, and all that come after it wait for that.
fn lock(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// Lets the tasks that were spawned hand over their writes.
async fn hand_over() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

fn log_bytes(path: &Path) -> u64 {
    fs::metadata(path.with_extension("db-wal")).unwrap().len()
}

#[tokio::test]
async fn writes_that_wait_are_committed_together() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let before = log_bytes(&path);
    for number in 0..50 {
        assert_eq!(enqueue(&store, &format!("alone-{number}"), CAPACITY).await.unwrap(), Enqueued::Added);
    }
    let alone = log_bytes(&path) - before;

    let before = log_bytes(&path);
    let locked = lock(&path);
    let waiting: Vec<_> = (0..50).map(|number| enqueue(&store, &format!("{number}"), CAPACITY)).collect();
    hand_over().await;
    locked.execute_batch("ROLLBACK").unwrap();
    for added in waiting {
        assert_eq!(added.await.unwrap(), Enqueued::Added);
    }
    let together = log_bytes(&path) - before;
    assert!(together * 4 < alone, "{together} bytes of log for 50 writes, {alone} for 50 that were alone");
    assert_eq!(store.pending(LANE).await.unwrap().waiting, 100);
}

#[tokio::test]
async fn questions_do_not_separate_them() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let written = async |asks: bool| {
        let before = log_bytes(&path);
        let locked = lock(&path);
        let (mut writes, mut questions) = (Vec::new(), Vec::new());
        for number in 0..50 {
            writes.push(enqueue(&store, &format!("{asks}-{number}"), CAPACITY));
            hand_over().await;
            if asks {
                let store = store.clone();
                questions.push(tokio::spawn(async move { store.pending(LANE).await.unwrap().waiting }));
                hand_over().await;
            }
        }
        locked.execute_batch("ROLLBACK").unwrap();
        for added in writes {
            assert_eq!(added.await.unwrap(), Enqueued::Added);
        }
        for waiting in questions {
            assert!(waiting.await.unwrap() > 0);
        }
        log_bytes(&path) - before
    };
    let (without, with) = (written(false).await, written(true).await);
    assert!(with < without * 2, "{with} bytes of log with questions in between, {without} without");
}

#[tokio::test]
async fn each_of_them_has_its_own_answer() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let locked = lock(&path);
    // A dead letter that cannot be read.
    locked
        .execute("INSERT INTO dingtalk_dead (id, at, letter) VALUES ('broken', 4e12, 'not JSON')", [])
        .unwrap();
    let first = enqueue(&store, "first", CAPACITY);
    hand_over().await;
    let (a, again) = (enqueue(&store, "a", CAPACITY), enqueue(&store, "first", CAPACITY));
    hand_over().await;
    let fails = tokio::spawn({
        let store = store.clone();
        async move { store.redeliver("broken", CAPACITY).await }
    });
    hand_over().await;
    let (full, b) = (enqueue(&store, "c", 2), enqueue(&store, "b", CAPACITY));
    hand_over().await;
    locked.execute_batch("COMMIT").unwrap();
    assert_eq!(first.await.unwrap(), Enqueued::Added);
    assert_eq!(a.await.unwrap(), Enqueued::Added);
    assert_eq!(again.await.unwrap(), Enqueued::Known);
    assert_eq!(fails.await.unwrap().unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(full.await.unwrap(), Enqueued::Full);
    assert_eq!(b.await.unwrap(), Enqueued::Added);
    let claimed = store.claim(LANE, 9, std::time::Duration::from_secs(60)).await.unwrap();
    let ids: Vec<_> = claimed.items.iter().map(|item| &*item.envelope.id).collect();
    assert_eq!(ids, ["first", "a", "b"], "each once, in the order in which they came");
}
