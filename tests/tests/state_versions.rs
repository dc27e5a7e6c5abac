//! Versions side by side: files of the first schema, and files that newer versions have migrated.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{fs, time::Duration};

use dingtalk_core::{
    ErrorKind,
    delivery::{Block, Urgency::Normal},
};
use dingtalk_tests::shared_state::{SharedState, pace, take, take_all};
use rusqlite::Connection;
use tokio::time::advance;

/// Opens the file as another program does.
fn connection(shared: &SharedState) -> Connection {
    fs::create_dir_all(shared.path()).unwrap();
    Connection::open(shared.file()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_file_of_the_first_schema_is_read_as_it_was_meant() {
    let shared = SharedState::new();
    let first = connection(&shared);
    first.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    first.execute_batch(include_str!("../golden/state/schema_1.sql")).unwrap();
    let [status] = &shared.builder().build().status().await.unwrap()[..] else { panic!("one robot") };
    assert_eq!((status.taken, status.limit, status.waiting), (2, 3, 0));
    assert_eq!((status.delivered, status.refused, status.unknown), (9, 1, 2));
    assert_eq!(status.rest, Some((Duration::from_secs(2), Block::Robot)));
    let window = shared.window(pace(9));
    advance(Duration::from_secs(2)).await;
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 1, "its pace allows three");
}

#[tokio::test(start_paused = true)]
async fn a_running_program_goes_on_under_a_newer_schema_that_only_adds() {
    let shared = SharedState::new();
    let window = shared.window(pace(3));
    drop(take(&*window, Normal).await.unwrap());
    connection(&shared)
        .execute_batch(
            "BEGIN IMMEDIATE; ALTER TABLE slot ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
             CREATE TABLE letter (body TEXT); UPDATE meta SET schema = 999; COMMIT",
        )
        .unwrap();
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 2);
    assert_eq!(shared.builder().build().status().await.unwrap()[0].taken, 3, "and so does one that starts");
}

#[tokio::test(start_paused = true)]
async fn a_running_program_notices_a_schema_that_it_must_not_use() {
    let shared = SharedState::new();
    let window = shared.window(pace(3));
    let slot = take(&*window, Normal).await.unwrap().unwrap();
    let newer = connection(&shared);
    newer.execute_batch("UPDATE meta SET schema = 999, min_compatible = 999").unwrap();
    for window in [&window, &shared.window(pace(3))] {
        let error = take(&**window, Normal).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains("update this program"), "{error}");
    }
    drop(slot);
    let ended: Option<i64> = newer.query_row("SELECT ended FROM slot", [], |row| row.get(0)).unwrap();
    assert_eq!(ended, None, "nothing is written");
}
