//! The store in memory, with an adjustable clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_core::queue::store::{MemoryStore, Store};

use super::Harness;

/// An arbitrary time long after 1970.
const START: u64 = 1_700_000_000;

/// A [`MemoryStore`] for [`check_store`](super::check_store).
#[derive(Debug)]
pub struct MemoryHarness {
    store: MemoryStore,
    /// Seconds since 1970.
    clock: Arc<AtomicU64>,
}

fn time(clock: &AtomicU64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
}

impl Harness for MemoryHarness {
    fn start() -> Self {
        let clock = Arc::new(AtomicU64::new(START));
        let now = Arc::clone(&clock);
        Self { store: MemoryStore::new().clock(move || time(&now)), clock }
    }

    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn now(&self) -> SystemTime {
        time(&self.clock)
    }

    fn advance(&self, by: Duration) {
        self.clock.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    const CAN_SET_BACK: bool = true;

    fn set_back(&self, by: Duration) {
        self.clock.fetch_sub(by.as_secs(), Ordering::Relaxed);
    }
}
