//! Queues of this process, which are told of notifications that other programs add.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use dingtalk_core::{
    delivery::Urgency,
    queue::store::{Arrival, Wake},
};

/// Queues of this process.
#[derive(Default)]
pub(super) struct Listeners {
    wakes: Mutex<Vec<Wake>>,
    /// Set while the server tells them.
    told: AtomicBool,
}

impl Listeners {
    pub(super) fn add(&self, wake: Wake) {
        self.wakes().push(wake);
    }

    /// Reports whether a queue wants to be told.
    pub(super) fn exist(&self) -> bool {
        !self.wakes().is_empty()
    }

    /// Reports whether the server tells them.
    pub(super) fn are_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// Notes whether the server tells them from now on. At the beginning, what was added before is looked for.
    pub(super) fn set_told(&self, told: bool) {
        if told && !self.told.swap(true, Ordering::AcqRel) {
            self.wake(Arrival::of_any());
        }
        self.told.store(told, Ordering::Release);
    }

    /// Reads a notice of the server, as the function `tell` writes it.
    pub(super) fn hear(&self, notice: &str) {
        self.wake(match notice.split_once(' ') {
            Some(("urgent", lane)) => Arrival::new(lane, Urgency::Urgent),
            Some(("normal", lane)) => Arrival::new(lane, Urgency::Normal),
            _ => Arrival::of_any(),
        });
    }

    fn wake(&self, arrival: Arrival<'_>) {
        self.wakes().retain(|wake| wake(arrival));
    }

    fn wakes(&self) -> std::sync::MutexGuard<'_, Vec<Wake>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").field("told", &self.told).finish_non_exhaustive()
    }
}
