//! The stores of a queue behave like their model.

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

/// An arbitrary time long after 1970.
const START: u64 = 1_700_000_000;

/// The store in memory, with an adjustable clock in seconds since 1970.
struct Memory {
    store: MemoryStore,
    clock: Arc<AtomicU64>,
}

fn time(clock: &AtomicU64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
}

impl Harness for Memory {
    const CAN_SET_BACK: bool = true;

    fn store(&self) -> &dyn Store {
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

#[test]
fn the_store_in_memory() {
    contract::check(256, || {
        let clock = Arc::new(AtomicU64::new(START));
        let now = Arc::clone(&clock);
        Memory { store: MemoryStore::new().clock(move || time(&now)), clock }
    });
}
