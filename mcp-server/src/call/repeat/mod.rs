//! Repeated calls. Clients call again after a timeout or a cancellation, and the group must not read the message twice.
//!
//! A call that is in progress is joined. A call that has just delivered its message sends nothing. A call whose outcome
//! is unknown is sent once more under the same `msgUuid`, by which DingTalk recognises a repetition.

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

/// Time for which a delivered message is not sent again. The longest wait of widespread clients: they time out after 60
/// s.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Time for which the `msgUuid` of a message whose outcome is unknown is kept. DingTalk does not document how long it
/// recognises one.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Number of calls remembered besides those in progress: an hour at DingTalk's rate, in about 200 kB.
const CAPACITY: usize = 1_200;

/// The outcome of a delivery.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryOutcome {
    Delivered(Receipt),
    Failed(Error),
    /// The delivery was stopped, and the message has certainly not arrived.
    NotSent(Stop),
    /// The delivery was stopped, and the message may have arrived.
    Unknown(Stop),
    /// The message was certainly not sent this time, but may have arrived from an earlier call.
    StillUnknown(Box<DeliveryOutcome>),
}

impl DeliveryOutcome {
    /// Reports that the message has certainly not arrived.
    fn is_not_sent(&self) -> bool {
        match self {
            Self::NotSent(_) => true,
            Self::Failed(error) => error.retry() != Retry::SameId,
            Self::Delivered(_) | Self::Unknown(_) | Self::StillUnknown(_) => false,
        }
    }
}

/// Reason for stopping a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No caller waits for it any more.
    Cancelled,
    /// It exceeded the deadline of a call.
    Overdue,
    /// It ended without an outcome.
    Lost,
}

/// The calls that are in progress or remembered.
#[derive(Debug, Default)]
pub(crate) struct Repeats(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    known: HashMap<Key, Call>,
    /// Calls that are not in progress, oldest first. A repeated call occurs twice.
    order: VecDeque<(Key, Instant)>,
}

#[derive(Debug)]
enum Call {
    InProgress(Arc<Delivery>),
    Delivered { receipt: Box<Receipt>, at: Instant },
    Unknown { id: String, at: Instant },
}

/// Decision on a call.
pub(crate) enum Claim {
    /// Deliver the envelope, and finish with the permit.
    Deliver(Box<Envelope>, Permit, Arc<Delivery>),
    /// Wait for the call that is in progress.
    Join(Arc<Delivery>),
    /// Send nothing: the message was delivered this long ago.
    Duplicate(Box<Receipt>, Duration),
}

impl Repeats {
    /// Decides on a call.
    pub(crate) fn claim(self: &Arc<Self>, key: Key, message: Message, robot: Option<&str>) -> Claim {
        let now = Instant::now();
        let mut calls = self.calls();
        calls.forget(now);
        let mut envelope = Envelope::new(message);
        envelope.robot = robot.map(str::to_owned);
        let mut unknown_since = None;
        match calls.known.get(&key) {
            Some(Call::InProgress(delivery)) => return Claim::Join(Arc::clone(delivery)),
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
        calls.known.insert(key, Call::InProgress(Arc::clone(&delivery)));
        let id = envelope.id.clone();
        let permit = Permit { repeats: Arc::clone(self), key, id, unknown_since, progress, finished };
        Claim::Deliver(Box::new(envelope), permit, delivery)
    }

    /// Reports that the call would send nothing, because the same call is in progress or has delivered the message.
    pub(crate) fn is_settled(&self, key: Key) -> bool {
        let calls = self.calls();
        match calls.known.get(&key) {
            Some(Call::InProgress(_)) => true,
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
                // A message that was not sent this time does not extend the window.
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

    /// Locks the calls: briefly, never across an await, and never left half changed.
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    /// Forgets expired calls, and the oldest ones beyond the capacity.
    fn forget(&mut self, now: Instant) {
        while let Some((key, at)) = self.order.front() {
            let (key, at) = (*key, *at);
            let (since, window) = match self.known.get(&key) {
                Some(Call::Delivered { at, .. }) => (Some(*at), WINDOW),
                Some(Call::Unknown { at, .. }) => (Some(*at), UNKNOWN_WINDOW),
                Some(Call::InProgress(_)) | None => (None, WINDOW),
            };
            // The call was repeated: it occurs, or will occur, further back.
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
    /// Returns the message's `msgUuid`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Reports that no request has been sent yet.
    pub(crate) fn is_held(&self) -> bool {
        self.progress.is_unsent()
    }

    /// Adds a caller that waits for it.
    pub(crate) fn join(self: &Arc<Self>) -> Caller {
        self.callers.send_modify(|callers| *callers += 1);
        Caller(Arc::clone(self))
    }

    /// Completes when no caller waits any more.
    pub(crate) async fn abandoned(&self) {
        let mut callers = self.callers.subscribe();
        // The sender lives as long as `self`.
        let _ = callers.wait_for(|callers| *callers == 0).await;
    }

    /// Waits for the outcome.
    pub(crate) async fn outcome(&self) -> DeliveryOutcome {
        let mut outcome = self.outcome.clone();
        let known = outcome.wait_for(Option::is_some).await;
        known.ok().and_then(|outcome| (*outcome).clone()).unwrap_or(DeliveryOutcome::Unknown(Stop::Lost))
    }
}

/// A caller that waits for a delivery. The last one to leave stops it.
#[derive(Debug)]
pub(crate) struct Caller(Arc<Delivery>);

impl Caller {
    /// Leaves; returns `true` if no other caller waits.
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

/// The right to deliver one call. If it is dropped, the outcome is unknown, or not sent if no request was made.
#[derive(Debug)]
pub(crate) struct Permit {
    repeats: Arc<Repeats>,
    key: Key,
    id: String,
    /// Time since which the message may have arrived, from an earlier call.
    unknown_since: Option<Instant>,
    progress: SendProgress,
    finished: watch::Sender<Option<DeliveryOutcome>>,
}

impl Permit {
    /// Reports the outcome to all callers.
    pub(crate) fn finish(self, outcome: DeliveryOutcome) {
        self.settle(outcome);
    }

    /// Reports to all callers that the delivery was stopped.
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
        // Remember it before reporting it: a caller may repeat the call at once.
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
