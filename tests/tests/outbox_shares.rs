//! Places that a durable store reserves for sources. The checks in PostgreSQL start a server of their own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_outbox::{Outbox, SqliteStore};
use dingtalk_tests::{
    outbox_contract::Place, outbox_shares, postgres_place::PostgresPlace, temporary::TemporaryDirectory,
};

struct File {
    directory: TemporaryDirectory,
    /// Milliseconds since 1970.
    clock: Arc<AtomicU64>,
}

impl Place for File {
    fn open(&self) -> Box<dyn Outbox> {
        let clock = Arc::clone(&self.clock);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::Relaxed));
        Box::new(SqliteStore::open(self.directory.path().join("outbox.db")).unwrap().clock(now))
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn advance(&self, by: Duration) {
        self.clock.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

macro_rules! checks {
    ($($name:ident),*) => {
        mod sqlite {
            use super::*;
            $(
                #[tokio::test]
                async fn $name() {
                    let clock = Arc::new(AtomicU64::new(1_700_000_000_000));
                    outbox_shares::$name(&File { directory: TemporaryDirectory::new(), clock }).await;
                }
            )*
        }
        mod postgres {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let Some(place) = PostgresPlace::new().await else { return };
                    outbox_shares::$name(&place).await;
                }
            )*
        }
    };
}

checks!(
    a_copy_of_what_a_throttle_excludes_is_counted_once,
    a_source_beyond_its_places_gets_one_digest,
    a_digest_that_was_read_is_closed,
    every_arrival_is_told_once,
    a_key_is_marked_for_its_time,
    several_lanes_get_theirs_together,
    a_minute_has_its_number_of_notifications,
    a_digest_mentions_the_people_of_its_notifications
);
