//! Calls that were made before. Clients call again after a time-out or a cancellation, and the group must not read the
//! message twice for it.
//!
//! A call that is in flight is joined. One that has delivered a moment ago sends nothing. One whose outcome is open goes
//! out once more under the same `msgUuid`, by which DingTalk recognises a repetition.

mod key;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dingtalk_core::{Departure, Envelope, Error, Message, Receipt, Retry};
use tokio::{sync::watch, time::Instant};

pub(crate) use self::key::Key;

/// For how long a delivered message is not sent again. The longest wait of widespread clients: they time out after 60 s.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// For how long the `msgUuid` of a message whose outcome is open is kept. DingTalk does not say for how long it
/// recognises one.
const OPEN_WINDOW: Duration = Duration::from_secs(10 * 60);

/// How many calls are remembered beside those in flight: an hour at DingTalk's rate, in some 200 kB.
const CAPACITY: usize = 1_200;

/// What became of a delivery.
#[derive(Debug, Clone)]
pub(crate) enum Landing {
    Delivered(Receipt),
    Failed(Error),
    /// It was stopped, and the message certainly has not arrived.
    Held(Stop),
    /// It was stopped, and the message may have arrived.
    Open(Stop),
    /// It certainly has not arrived this time, but it may have when the call was made before.
    StillOpen(Box<Landing>),
}

impl Landing {
    /// Certainly nothing has arrived.
    fn is_held(&self) -> bool {
        match self {
            Self::Held(_) => true,
            Self::Failed(error) => error.retry() != Retry::SameId,
            Self::Delivered(_) | Self::Open(_) | Self::StillOpen(_) => false,
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
    /// Those that are not in flight, oldest first. A call that was made again since then is in it twice.
    order: VecDeque<(Key, Instant)>,
}

#[derive(Debug)]
enum Call {
    InFlight(Arc<Flight>),
    Delivered { receipt: Box<Receipt>, at: Instant },
    Open { id: String, at: Instant },
}

/// What to do with a call.
pub(crate) enum Claim {
    /// Deliver the envelope, and land the flight.
    Deliver(Box<Envelope>, Ticket, Arc<Flight>),
    /// Wait for the call that is in flight.
    Join(Arc<Flight>),
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
        let mut open_since = None;
        match calls.known.get(&key) {
            Some(Call::InFlight(flight)) => return Claim::Join(Arc::clone(flight)),
            Some(Call::Delivered { receipt, at }) if now < *at + WINDOW => {
                return Claim::Duplicate(receipt.clone(), now - *at);
            }
            Some(Call::Open { id, at }) if now < *at + OPEN_WINDOW => {
                envelope = envelope.with_id(id);
                open_since = Some(*at);
            }
            _ => {}
        }
        let (landed, landing) = watch::channel(None);
        let departure = envelope.departure();
        let flight = Arc::new(Flight {
            id: envelope.id.clone(),
            departure: departure.clone(),
            landing,
            callers: watch::Sender::new(0),
        });
        calls.known.insert(key, Call::InFlight(Arc::clone(&flight)));
        let id = envelope.id.clone();
        let ticket = Ticket { repeats: Arc::clone(self), key, id, open_since, departure, landed };
        Claim::Deliver(Box::new(envelope), ticket, flight)
    }

    /// Would the call send nothing, since the same one is in flight or has delivered it?
    pub(crate) fn is_settled(&self, key: Key) -> bool {
        let calls = self.calls();
        match calls.known.get(&key) {
            Some(Call::InFlight(_)) => true,
            Some(Call::Delivered { at, .. }) => Instant::now() < *at + WINDOW,
            _ => false,
        }
    }

    fn land(&self, key: Key, id: &str, open_since: Option<Instant>, landing: &Landing) {
        let now = Instant::now();
        let (call, at) = match landing {
            Landing::Delivered(receipt) => {
                (Some(Call::Delivered { receipt: Box::new(receipt.clone()), at: now }), now)
            }
            landing if landing.is_held() => (None, now),
            landing => {
                // What did not leave this time makes nothing younger.
                let still = open_since.filter(|_| matches!(landing, Landing::StillOpen(_)));
                let at = still.unwrap_or(now);
                (Some(Call::Open { id: id.to_owned(), at }), at)
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
                Some(Call::Open { at, .. }) => (Some(*at), OPEN_WINDOW),
                Some(Call::InFlight(_)) | None => (None, WINDOW),
            };
            // The call was made again, or is in flight again: it stands further back, or will.
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
pub(crate) struct Flight {
    id: String,
    departure: Departure,
    landing: watch::Receiver<Option<Landing>>,
    callers: watch::Sender<usize>,
}

impl Flight {
    /// The message's `msgUuid`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Certainly nothing has left yet.
    pub(crate) fn is_held(&self) -> bool {
        self.departure.is_held()
    }

    /// Joins those who wait for it.
    pub(crate) fn board(self: &Arc<Self>) -> Caller {
        self.callers.send_modify(|callers| *callers += 1);
        Caller(Arc::clone(self))
    }

    /// Completes when everybody who waited has gone.
    pub(crate) async fn abandoned(&self) {
        let mut callers = self.callers.subscribe();
        // The sender lives as long as `self`.
        let _ = callers.wait_for(|callers| *callers == 0).await;
    }

    /// What became of it.
    pub(crate) async fn landing(&self) -> Landing {
        let mut landing = self.landing.clone();
        let landed = landing.wait_for(Option::is_some).await;
        landed.ok().and_then(|landing| (*landing).clone()).unwrap_or(Landing::Open(Stop::Lost))
    }
}

/// One who waits for a flight. The last one who leaves stops it.
#[derive(Debug)]
pub(crate) struct Caller(Arc<Flight>);

impl Caller {
    /// Leaves; `true` if nobody waits any more.
    pub(crate) fn leave(self) -> bool {
        let flight = Arc::clone(&self.0);
        drop(self);
        *flight.callers.borrow() == 0
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.callers.send_modify(|callers| *callers = callers.saturating_sub(1));
    }
}

/// The right to deliver one call. A delivery that breaks down lands too: as open, unless nothing has left.
#[derive(Debug)]
pub(crate) struct Ticket {
    repeats: Arc<Repeats>,
    key: Key,
    id: String,
    /// Since when the message may have arrived, if the call was made before.
    open_since: Option<Instant>,
    departure: Departure,
    landed: watch::Sender<Option<Landing>>,
}

impl Ticket {
    /// Tells everybody what became of it.
    pub(crate) fn land(self, landing: Landing) {
        self.settle(landing);
    }

    /// Tells everybody that it was stopped.
    pub(crate) fn stop(self, why: Stop) {
        self.settle(self.stopped(why));
    }

    fn stopped(&self, why: Stop) -> Landing {
        if self.departure.is_held() { Landing::Held(why) } else { Landing::Open(why) }
    }

    fn settle(&self, landing: Landing) {
        let landing = match self.open_since {
            Some(_) if landing.is_held() => Landing::StillOpen(Box::new(landing)),
            _ => landing,
        };
        // First remembered, then told: who calls again at once finds it.
        self.repeats.land(self.key, &self.id, self.open_since, &landing);
        self.landed.send_replace(Some(landing));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.landed.borrow().is_none() {
            self.settle(self.stopped(Stop::Lost));
        }
    }
}

#[cfg(test)]
mod tests;
