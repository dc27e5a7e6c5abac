//! The file of a durable store: who can read it, and what happens if it cannot be used.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use dingtalk_core::{
    Envelope, Error, ErrorKind, Message,
    queue::store::{Enqueued, Store as _},
};
use dingtalk_outbox::{Outbox as _, SqliteStore, outbox::Service};
use dingtalk_tests::temporary::TemporaryDirectory;

fn file() -> (TemporaryDirectory, PathBuf) {
    let directory = TemporaryDirectory::new();
    let file = directory.path().join("outbox.db");
    (directory, file)
}

async fn enqueue(store: &SqliteStore, id: &str) -> Result<Enqueued, Error> {
    store.enqueue("robot:a", Envelope::new(Message::text("a secret plan")).with_id(id), 1000).await
}

fn assert_told(error: &Error, words: &str) {
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.to_string().contains("secret plan"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_left_as_it_is() {
    let (_directory, path) = file();
    fs::write(&path, "not a database, but undelivered notifications").unwrap();
    assert_told(&SqliteStore::open(&path).unwrap_err(), "is left as it is");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a database, but undelivered notifications");
}

#[tokio::test]
async fn damage_while_it_is_in_use_is_told_and_nothing_is_accepted() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..200 {
        assert_eq!(enqueue(&store, &n.to_string()).await.unwrap(), Enqueued::Added);
    }
    drop(store);
    // The thread closes the file, which moves the log into it.
    let log = path.with_extension("db-wal");
    while log.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut damaged = OpenOptions::new().write(true).open(&path).unwrap();
    damaged.seek(SeekFrom::Start(4096)).unwrap();
    damaged.write_all(&vec![0xa5; 40_000]).unwrap();
    drop(damaged);
    let result = match SqliteStore::open(&path) {
        Ok(store) => enqueue(&store, "new").await.map(drop),
        Err(error) => Err(error),
    };
    assert_told(&result.unwrap_err(), "undelivered notifications");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let (_directory, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE dingtalk_meta SET min_compatible = 2", []).unwrap();
    assert_told(&SqliteStore::open(&path).unwrap_err(), "update this program");
}

#[tokio::test]
async fn a_locked_file_is_waited_for_and_then_told() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_told(&enqueue(&store, "a").await.unwrap_err(), "keeps the file locked");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { enqueue(&store, "b").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), Enqueued::Added);
    assert_eq!(enqueue(&store, "a").await.unwrap(), Enqueued::Added, "it was not accepted before");
}

#[tokio::test]
async fn a_full_disk_is_told_and_what_was_accepted_is_kept() {
    let (_directory, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    // The limit belongs to the file: SQLite cannot make it larger.
    let connection = rusqlite::Connection::open(&path).unwrap();
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    drop(connection);
    let store = SqliteStore::open(&path).unwrap().limit_pages(u32::try_from(pages).unwrap() + 4).await;
    let mut accepted = 0;
    let error = loop {
        match enqueue(&store, &accepted.to_string()).await {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_told(&error, "no room is left on the disk");
    assert!(accepted > 0);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.pending("robot:a").await.unwrap().waiting, accepted);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt as _;

    let (directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    enqueue(&store, "a").await.unwrap();
    let mut files = 0;
    for entry in fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        files += 1;
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
    assert!(files >= 2, "there is a log");
}

#[tokio::test]
async fn a_delivered_message_leaves_nothing_in_the_file() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    enqueue(&store, "a").await.unwrap();
    let claimed = store.claim("robot:a", 1, Duration::from_secs(60)).await.unwrap();
    let claim = claimed.claim.unwrap();
    store.begin(&claim, "a", Duration::from_secs(60)).await.unwrap();
    let delivered = dingtalk_core::queue::store::Settlement::Delivered;
    assert!(store.settle(&claim, "a", delivered).await.unwrap());
    drop(store);
    let log = path.with_extension("db-wal");
    while log.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let bytes = fs::read(&path).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"secret plan"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_a_group_shares_gives_its_mode_to_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let (directory, path) = file();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    let store = SqliteStore::open_in(directory.path()).unwrap();
    enqueue(&store, "a").await.unwrap();
    let _serving = store.serve(Service::new("a", ["robot:a"])).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    for file in [&path, &path.with_extension("db-wal"), &path.with_extension("db-shm")] {
        assert_eq!(mode(file), 0o660, "{}", file.display());
    }
    // Another user of the group registers in the folder, and reads whether this process runs.
    let folder = directory.path().join("outbox.db-processes");
    assert_eq!(mode(&folder), 0o2770);
    for file in fs::read_dir(folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o640);
    }
}
