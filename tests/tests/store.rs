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

fn time(clock: &AtomicU64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
}

/// Two workers in one process, with one store in memory.
struct Memory {
    store: MemoryStore,
    /// Seconds since 1970.
    clock: Arc<AtomicU64>,
}

impl Harness for Memory {
    const CAN_SET_BACK: bool = true;

    fn store(&self, _: usize) -> &dyn Store {
        &self.store
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
}

/// Two workers, each with a store of its own on one file, as two processes have it.
struct Sqlite {
    workers: [Option<SqliteStore>; 2],
    clock: Arc<AtomicU64>,
    directory: TemporaryDirectory,
}

impl Sqlite {
    fn new() -> Self {
        let (directory, clock) = (TemporaryDirectory::new(), Arc::new(AtomicU64::new(START)));
        let mut new = Self { workers: [None, None], clock, directory };
        new.workers = [0, 1].map(|_| Some(new.open()));
        new
    }

    fn open(&self) -> SqliteStore {
        let now = Arc::clone(&self.clock);
        SqliteStore::open(self.directory.path().join("outbox.db")).unwrap().clock(move || time(&now))
    }
}

impl Harness for Sqlite {
    const CAN_SET_BACK: bool = true;
    const FREES_LANES: bool = true;

    fn store(&self, worker: usize) -> &dyn Store {
        self.workers[worker].as_ref().unwrap()
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

    fn crash(&mut self, worker: usize) {
        self.workers[worker] = None;
        self.workers[worker] = Some(self.open());
    }
}

#[test]
fn two_stores_on_one_file_in_sqlite() {
    contract::check(64, Sqlite::new);
}

#[test]
fn the_store_in_memory() {
    contract::check(256, || {
        let clock = Arc::new(AtomicU64::new(START));
        let now = Arc::clone(&clock);
        Memory { store: MemoryStore::new().clock(move || time(&now)), clock }
    });
}
