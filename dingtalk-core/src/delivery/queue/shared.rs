//! State that the handles of a queue share with its workers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{sync::Notify, time::Instant};

use super::{Losses, Pending, lane::Lane, verdict::Rules};
use crate::{
    Envelope, Error, ErrorKind,
    delivery::{MAX_BODY_BYTES, Urgency, digest::words::Words, overflow::body_len},
    message::append_note,
    queue::{
        DigestPolicy,
        store::{Arrival, DeadLetter, Item, Loss, Store},
    },
};

/// Time by which a lease is longer than an attempt may take, so that the outcome can still be stored.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

/// Divisor of the capacity that gives the additional room for urgent notifications.
const URGENT_SHARE: usize = 10;

pub(super) struct Settings {
    pub(super) capacity: usize,
    pub(super) rules: Rules,
    pub(super) digest: Option<DigestPolicy>,
    pub(super) attempt_timeout: Duration,
    pub(super) expiry: Option<Duration>,
    pub(super) words: Words,
    #[cfg(feature = "jiff")]
    pub(super) quiet_hours: Option<super::QuietHours>,
}

impl Settings {
    /// Returns the number of unfinished notifications at which one of this urgency is refused.
    pub(super) fn room(&self, urgency: Urgency) -> usize {
        match urgency {
            Urgency::Normal => self.capacity,
            Urgency::Urgent => self.capacity.saturating_add(self.capacity.div_ceil(URGENT_SHARE)),
        }
    }

    /// Returns the time for which an item of this urgency waits until quiet hours end.
    pub(super) fn quiet_for(&self, urgency: Urgency, now: SystemTime) -> Option<Duration> {
        #[cfg(feature = "jiff")]
        if urgency == Urgency::Normal {
            return self.quiet_hours.as_ref()?.left(now);
        }
        let _ = (self, urgency, now);
        None
    }

    /// Sets the expiry of an envelope that has none.
    pub(super) fn expire(&self, envelope: &mut Envelope) {
        if envelope.expires_at.is_none() {
            envelope.expires_at = self.expiry.and_then(|expiry| SystemTime::now().checked_add(expiry));
        }
    }

    /// Adds the number of notifications that were suppressed before an item, if there is room. Always the same text, as
    /// a retry requires.
    pub(super) fn note_suppressed(&self, item: &mut Item) {
        if item.suppressed == 0 {
            return;
        }
        let note = self.words.suppressed(item.suppressed);
        let envelope = &mut item.envelope;
        let mut message = envelope.message.clone();
        append_note(&mut message, &note);
        if body_len(&message, &envelope.id).is_ok_and(|len| len <= MAX_BODY_BYTES) {
            envelope.message = message;
        }
        if let Some(line) = &mut envelope.digest_line {
            line.push(' ');
            line.push_str(&note);
        }
    }

    pub(super) fn lease(&self) -> Duration {
        self.attempt_timeout.saturating_add(LEASE_MARGIN)
    }
}

pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) lanes: BTreeMap<String, Arc<Lane>>,
    pub(super) default_lane: Option<String>,
    pub(super) settings: Settings,
    /// Notified when an item is settled.
    pub(super) settled: Notify,
    losses: Mutex<Losses>,
    /// Set if notifications are no longer accepted.
    closed: AtomicBool,
    /// Set if the workers must end as soon as possible.
    stopping: AtomicBool,
    /// Number of flushes in progress.
    flushes: AtomicUsize,
    /// Set if the dropped notifications have been counted.
    ended: AtomicBool,
}

impl Shared {
    pub(super) fn new(
        store: Arc<dyn Store>,
        lanes: BTreeMap<String, Arc<Lane>>,
        default_lane: Option<String>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            lanes,
            default_lane,
            settings,
            settled: Notify::new(),
            losses: Mutex::default(),
            closed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            flushes: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        }
    }

    /// Returns the lane in which an envelope waits.
    pub(super) fn lane_of(&self, envelope: &Envelope) -> Result<&Arc<Lane>, Error> {
        let unnamed = self.lanes.values().find(|lane| !lane.named);
        let wanted = envelope.robot.as_deref().or(self.default_lane.as_deref());
        let found = unnamed.or_else(|| match wanted {
            Some(name) => self.lanes.get(name),
            None if self.lanes.len() == 1 => self.lanes.values().next(),
            None => None,
        });
        found.ok_or_else(|| {
            let names: Vec<String> = self.lanes.keys().map(|name| format!("`{name}`")).collect();
            let names = names.join(", ");
            let cause = match wanted {
                Some(name) => format!("the queue has no lane `{name}`, only {names}"),
                None => {
                    format!(
                        "the message does not name a lane, and the queue has no default: name one of {names}"
                    )
                }
            };
            Error::new(ErrorKind::UnknownRobot, cause)
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Wakes the lanes for which another process may have added something.
    pub(super) fn wake(&self, arrival: Arrival<'_>) {
        let concerns = |lane: &&Arc<Lane>| arrival.lane.is_none_or(|key| lane.key == key);
        self.lanes.values().filter(concerns).for_each(|lane| lane.arrived(arrival.urgency));
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells the workers to end.
    pub(super) fn stop(&self) {
        self.close();
        self.stopping.store(true, Ordering::Release);
        self.signal();
    }

    /// Reports whether a flush is in progress.
    pub(super) fn is_in_a_hurry(&self) -> bool {
        self.flushes.load(Ordering::Acquire) > 0
    }

    /// Begins a flush, which lasts until the result is dropped.
    pub(super) fn hurry(&self) -> Hurry<'_> {
        self.flushes.fetch_add(1, Ordering::AcqRel);
        self.signal();
        Hurry(self)
    }

    fn signal(&self) {
        for lane in self.lanes.values() {
            lane.signal();
        }
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn lose(&self, loss: Loss, notifications: usize) {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).add(loss, notifications);
    }

    /// Returns the name of the lane with this name in the store; that one if the queue has no such lane.
    pub(super) fn name_of<'a>(&'a self, key: &'a str) -> &'a str {
        self.lanes.values().find(|lane| lane.key == key).map_or(key, |lane| &lane.name)
    }

    /// Reports whether no lane can send anything before a time.
    pub(super) fn is_idle_until(&self, time: Instant) -> bool {
        self.lanes.values().all(|lane| lane.is_idle_until(time))
    }

    /// Counts notifications that the store has given up.
    pub(super) fn given_up(&self, letters: &[DeadLetter]) {
        for letter in letters {
            self.lose(letter.loss, 1);
            tracing::warn!(
                name: "dingtalk.dead_letter",
                lane = self.name_of(&letter.lane),
                id = letter.envelope.id,
                loss = %letter.loss,
                kind = ?letter.failure.kind,
                attempts = letter.attempts,
                notifications = 1,
                "given up"
            );
        }
        if !letters.is_empty() {
            self.settled.notify_waiters();
        }
    }

    /// Counts the unfinished notifications in the queue's lanes.
    pub(super) async fn pending(&self) -> Result<Pending, Error> {
        let mut pending = Pending::default();
        for (name, lane) in &self.lanes {
            pending.lanes.insert(name.clone(), self.store.pending(&lane.key).await?);
        }
        Ok(pending)
    }

    /// Counts the notifications that are only in memory as dropped, once, after the workers have ended.
    pub(super) fn end(&self) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(pending) = self.store.only_in_memory()
            && pending > 0
        {
            self.lose(Loss::Dropped, pending);
            tracing::warn!(name: "dingtalk.queue_dropped", pending, "the queue ended before these were delivered");
        }
    }
}

/// Runs when the last handle or worker is dropped.
impl Drop for Shared {
    fn drop(&mut self) {
        self.end();
    }
}

pub(super) struct Hurry<'a>(&'a Shared);

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.flushes.fetch_sub(1, Ordering::AcqRel);
    }
}
