//! One lane: its deliverer, its pause, and the signals for its worker.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{
    Deliver,
    delivery::{Urgency, duration::FAR_FUTURE},
};

/// Events that end a worker's sleep early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// A new notification, or a signal.
    Arrival,
    /// An urgent notification, a flush, or the end of the queue.
    Signal,
}

/// A lane and its state.
pub(super) struct Lane {
    pub(super) name: String,
    /// Name in the store.
    pub(super) key: String,
    /// Set if lanes are chosen by name; the deliverer then does not receive the name.
    pub(super) named: bool,
    pub(super) deliver: Arc<dyn Deliver>,
    paused_until: Mutex<Instant>,
    changed: Notify,
    signalled: AtomicBool,
    /// Number of events that may change the worker's next step.
    events: AtomicU64,
    /// Set while the worker sleeps: the number of events that it has seen, and the time at which it can do more.
    asleep: Mutex<Option<(u64, Instant)>>,
}

impl Lane {
    pub(super) fn new(name: String, key: String, named: bool, deliver: Arc<dyn Deliver>) -> Self {
        Self {
            name,
            key,
            named,
            deliver,
            paused_until: Mutex::new(Instant::now()),
            changed: Notify::new(),
            signalled: AtomicBool::new(false),
            events: AtomicU64::new(0),
            asleep: Mutex::new(None),
        }
    }

    pub(super) fn events(&self) -> u64 {
        self.events.load(Ordering::Acquire)
    }

    /// Notes that the worker, which has seen this number of events, can do nothing before a time.
    pub(super) fn fall_asleep(&self, seen: u64, until: Instant) {
        *self.asleep.lock().unwrap_or_else(PoisonError::into_inner) = Some((seen, until));
    }

    pub(super) fn wake_up(&self) {
        *self.asleep.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reports whether nothing can be sent before a time, unless something happens.
    pub(super) fn is_idle_until(&self, time: Instant) -> bool {
        let asleep = *self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        asleep.is_some_and(|(seen, until)| seen == self.events() && time <= until)
    }

    /// Pauses deliveries for `length`. A pause that ends later stays in effect.
    pub(super) fn pause(&self, length: Duration) {
        let until = Instant::now() + length.min(FAR_FUTURE);
        let mut paused_until = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused_until = until.max(*paused_until);
    }

    /// Returns the rest of the pause.
    pub(super) fn paused_for(&self) -> Duration {
        let paused_until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        paused_until.saturating_duration_since(Instant::now())
    }

    /// Waits for the next signal.
    pub(super) async fn signalled(&self) {
        loop {
            self.changed.notified().await;
            if self.signalled.swap(false, Ordering::AcqRel) {
                return;
            }
        }
    }

    /// Wakes the worker for a new notification.
    pub(super) fn arrived(&self, urgency: Urgency) {
        match urgency {
            Urgency::Urgent => self.signal(),
            Urgency::Normal => {
                self.events.fetch_add(1, Ordering::AcqRel);
                self.changed.notify_one();
            }
        }
    }

    /// Wakes the worker from any sleep. The worker itself finds out the reason.
    pub(super) fn signal(&self) {
        self.events.fetch_add(1, Ordering::AcqRel);
        self.signalled.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Sleeps until a time, or until woken.
    pub(super) async fn sleep(&self, until: Option<Instant>, wake: Wake) {
        loop {
            let woken = match until {
                Some(until) => timeout_at(until, self.changed.notified()).await.is_ok(),
                None => {
                    self.changed.notified().await;
                    true
                }
            };
            let signalled = self.signalled.swap(false, Ordering::AcqRel);
            if !woken || signalled || wake == Wake::Arrival {
                return;
            }
            // A notification that arrived behind others changes nothing.
            if let Some((seen, _)) = &mut *self.asleep.lock().unwrap_or_else(PoisonError::into_inner) {
                *seen = self.events();
            }
        }
    }
}
