//! Calls that were made before. Clients call again after a time-out or a cancellation, and the group must not read the
//! message twice for it.
//!
//! A call that is in progress is joined. One that has delivered a moment ago sends nothing. One whose outcome is unknown goes
//! out once more under the same `msgUuid`, by which DingTalk recognises a repetition.

mod key;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dingtalk_core::{
    Envelope, Error, Message, Receipt,
    delivery::{Retry, SendProgress},
};
use tokio::{sync::watch, time::Instant};

pub(crate) use self::key::Key;

/// For how long a delivered message is not sent again. The longest wait of widespread clients: they time out after 60 s.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// For how long the `msgUuid` of a message whose outcome is unknown is kept. DingTalk does not say for how long it
/// recognises one.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(10 * 60);

/// How many calls are remembered beside those in progress: an hour at DingTalk's rate, in some 200 kB.
const CAPACITY: usize = 1_200;

/// The outcome of a delivery.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryOutcome {
    Delivered(Receipt),
    Failed(Error),
    /// It was stopped, and the message certainly has not arrived.
    NotSent(Stop),
    /// It was stopped, and the message may have arrived.
    Unknown(Stop),
    /// It certainly has not arrived this time, but it may have when the call was made before.
    StillUnknown(Box<DeliveryOutcome>),
}

impl DeliveryOutcome {
    /// Certainly nothing has arrived.
    fn is_not_sent(&self) -> bool {
        match self {
            Self::NotSent(_) => true,
            Self::Failed(error) => error.retry() != Retry::SameId,
            Self::Delivered(_) | Self::Unknown(_) | Self::StillUnknown(_) => false,
        }
    }
}

/// Why a delivery was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Everybody who waited for it has gone.
    Cancelled,
    /// It took longer than a call may.
    Overdue,
    /// It broke down.
    Lost,
}

/// The calls that were made before.
#[derive(Debug, Default)]
pub(crate) struct Repeats(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    known: HashMap<Key, Call>,
    /// Those that are not in progress, oldest first. A call that was made again since then is in it twice.
    order: VecDeque<(Key, Instant)>,
}

#[derive(Debug)]
enum Call {
    InFlight(Arc<Delivery>),
    Delivered { receipt: Box<Receipt>, at: Instant },
    Unknown { id: String, at: Instant },
}

/// What to do with a call.
pub(crate) enum Claim {
    /// Deliver the envelope, and finish with the permit.
    Deliver(Box<Envelope>, Permit, Arc<Delivery>),
    /// Wait for the call that is in progress.
    Join(Arc<Delivery>),
    /// Send nothing: the message was delivered so long ago.
    Duplicate(Box<Receipt>, Duration),
}

impl Repeats {
    /// Decides what to do with a call.
    pub(crate) fn claim(self: &Arc<Self>, key: Key, message: Message, robot: Option<&str>) -> Claim {
        let now = Instant::now();
        let mut calls = self.calls();
        calls.forget(now);
        let mut envelope = Envelope::new(message);
        envelope.robot = robot.map(str::to_owned);
        let mut unknown_since = None;
        match calls.known.get(&key) {
            Some(Call::InFlight(delivery)) => return Claim::Join(Arc::clone(delivery)),
            Some(Call::Delivered { receipt, at }) if now < *at + WINDOW => {
                return Claim::Duplicate(receipt.clone(), now - *at);
            }
            Some(Call::Unknown { id, at }) if now < *at + UNKNOWN_WINDOW => {
                envelope = envelope.with_id(id);
                unknown_since = Some(*at);
            }
            _ => {}
        }
        let (finished, outcome) = watch::channel(None);
        let progress = envelope.progress();
        let delivery = Arc::new(Delivery {
            id: envelope.id.clone(),
            progress: progress.clone(),
            outcome,
            callers: watch::Sender::new(0),
        });
        calls.known.insert(key, Call::InFlight(Arc::clone(&delivery)));
        let id = envelope.id.clone();
        let permit = Permit { repeats: Arc::clone(self), key, id, unknown_since, progress, finished };
        Claim::Deliver(Box::new(envelope), permit, delivery)
    }

    /// Would the call send nothing, since the same one is in progress or has delivered it?
    pub(crate) fn is_settled(&self, key: Key) -> bool {
        let calls = self.calls();
        match calls.known.get(&key) {
            Some(Call::InFlight(_)) => true,
            Some(Call::Delivered { at, .. }) => Instant::now() < *at + WINDOW,
            _ => false,
        }
    }

    fn finish(&self, key: Key, id: &str, unknown_since: Option<Instant>, outcome: &DeliveryOutcome) {
        let now = Instant::now();
        let (call, at) = match outcome {
            DeliveryOutcome::Delivered(receipt) => {
                (Some(Call::Delivered { receipt: Box::new(receipt.clone()), at: now }), now)
            }
            outcome if outcome.is_not_sent() => (None, now),
            outcome => {
                // What did not leave this time makes nothing younger.
                let still = unknown_since.filter(|_| matches!(outcome, DeliveryOutcome::StillUnknown(_)));
                let at = still.unwrap_or(now);
                (Some(Call::Unknown { id: id.to_owned(), at }), at)
            }
        };
        let mut calls = self.calls();
        match call {
            Some(call) => {
                calls.known.insert(key, call);
                calls.order.push_back((key, at));
            }
            None => {
                calls.known.remove(&key);
            }
        }
        calls.forget(now);
    }

    /// Held for moments only, never over an await, and never left half changed.
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    /// Forgets what is too old, and the oldest where there are too many.
    fn forget(&mut self, now: Instant) {
        while let Some((key, at)) = self.order.front() {
            let (key, at) = (*key, *at);
            let (since, window) = match self.known.get(&key) {
                Some(Call::Delivered { at, .. }) => (Some(*at), WINDOW),
                Some(Call::Unknown { at, .. }) => (Some(*at), UNKNOWN_WINDOW),
                Some(Call::InFlight(_)) | None => (None, WINDOW),
            };
            // The call was made again, or is in progress again: it stands further back, or will.
            let stale = since != Some(at);
            if !stale && now < at + window && self.order.len() <= CAPACITY {
                return;
            }
            self.order.pop_front();
            if !stale {
                self.known.remove(&key);
            }
        }
    }
}

/// A delivery that several calls may wait for.
#[derive(Debug)]
pub(crate) struct Delivery {
    id: String,
    progress: SendProgress,
    outcome: watch::Receiver<Option<DeliveryOutcome>>,
    callers: watch::Sender<usize>,
}

impl Delivery {
    /// The message's `msgUuid`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Certainly nothing has left yet.
    pub(crate) fn is_held(&self) -> bool {
        self.progress.is_unsent()
    }

    /// Joins those who wait for it.
    pub(crate) fn join(self: &Arc<Self>) -> Caller {
        self.callers.send_modify(|callers| *callers += 1);
        Caller(Arc::clone(self))
    }

    /// Completes when everybody who waited has gone.
    pub(crate) async fn abandoned(&self) {
        let mut callers = self.callers.subscribe();
        // The sender lives as long as `self`.
        let _ = callers.wait_for(|callers| *callers == 0).await;
    }

    /// Its outcome, once it has one.
    pub(crate) async fn outcome(&self) -> DeliveryOutcome {
        let mut outcome = self.outcome.clone();
        let known = outcome.wait_for(Option::is_some).await;
        known.ok().and_then(|outcome| (*outcome).clone()).unwrap_or(DeliveryOutcome::Unknown(Stop::Lost))
    }
}

/// One who waits for a delivery. The last one who leaves stops it.
#[derive(Debug)]
pub(crate) struct Caller(Arc<Delivery>);

impl Caller {
    /// Leaves; `true` if nobody waits any more.
    pub(crate) fn leave(self) -> bool {
        let delivery = Arc::clone(&self.0);
        drop(self);
        *delivery.callers.borrow() == 0
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.callers.send_modify(|callers| *callers = callers.saturating_sub(1));
    }
}

/// The right to deliver one call. A delivery that breaks down is finished too: as unknown, unless nothing has left.
#[derive(Debug)]
pub(crate) struct Permit {
    repeats: Arc<Repeats>,
    key: Key,
    id: String,
    /// Since when the message may have arrived, if the call was made before.
    unknown_since: Option<Instant>,
    progress: SendProgress,
    finished: watch::Sender<Option<DeliveryOutcome>>,
}

impl Permit {
    /// Tells everybody the outcome.
    pub(crate) fn finish(self, outcome: DeliveryOutcome) {
        self.settle(outcome);
    }

    /// Tells everybody that it was stopped.
    pub(crate) fn stop(self, why: Stop) {
        self.settle(self.stopped(why));
    }

    fn stopped(&self, why: Stop) -> DeliveryOutcome {
        if self.progress.is_unsent() { DeliveryOutcome::NotSent(why) } else { DeliveryOutcome::Unknown(why) }
    }

    fn settle(&self, outcome: DeliveryOutcome) {
        let outcome = match self.unknown_since {
            Some(_) if outcome.is_not_sent() => DeliveryOutcome::StillUnknown(Box::new(outcome)),
            _ => outcome,
        };
        // First remembered, then told: who calls again at once finds it.
        self.repeats.finish(self.key, &self.id, self.unknown_since, &outcome);
        self.finished.send_replace(Some(outcome));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.finished.borrow().is_none() {
            self.settle(self.stopped(Stop::Lost));
        }
    }
}

#[cfg(test)]
mod tests;
