//! The stores of a queue behave like their model.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_core::queue::store::{
    MemoryStore, Store,
    contract::{self, Harness},
};
use dingtalk_outbox::SqliteStore;
use dingtalk_tests::temporary::TemporaryDirectory;

/// An arbitrary time long after 1970.
const START: u64 = 1_700_000_000;

/// A store with an adjustable clock in seconds since 1970.
struct Subject {
    store: Box<dyn Store>,
    clock: Arc<AtomicU64>,
    /// Directory of a durable store, which is opened again after each crash.
    directory: Option<TemporaryDirectory>,
}

fn time(clock: &AtomicU64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
}

fn open(directory: &TemporaryDirectory, clock: &Arc<AtomicU64>) -> Box<dyn Store> {
    let now = Arc::clone(clock);
    Box::new(SqliteStore::open(directory.path().join("outbox.db")).unwrap().clock(move || time(&now)))
}

impl Harness for Subject {
    const CAN_SET_BACK: bool = true;

    fn store(&self) -> &dyn Store {
        &*self.store
    }

    fn now(&self) -> SystemTime {
        time(&self.clock)
    }

    fn advance(&mut self, by: Duration) {
        self.clock.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    fn set_back(&mut self, by: Duration) {
        self.clock.fetch_sub(by.as_secs(), Ordering::Relaxed);
    }

    fn crash(&mut self) {
        if let Some(directory) = &self.directory {
            self.store = open(directory, &self.clock);
        }
    }
}

#[test]
fn the_store_in_sqlite() {
    contract::check(64, || {
        let (directory, clock) = (TemporaryDirectory::new(), Arc::new(AtomicU64::new(START)));
        Subject { store: open(&directory, &clock), clock, directory: Some(directory) }
    });
}

#[test]
fn the_store_in_memory() {
    contract::check(256, || {
        let clock = Arc::new(AtomicU64::new(START));
        let now = Arc::clone(&clock);
        let store = Box::new(MemoryStore::new().clock(move || time(&now)));
        Subject { store, clock, directory: None }
    });
}
