//! Arguments and results of a store.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{DeadLetter, Failure, Loss};
use crate::{Envelope, delivery::Urgency};

/// Result of putting a notification into a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enqueued {
    /// The notification was added.
    Added,
    /// The urgent notification was added to a full store; another one became this dead letter.
    Displaced(Box<DeadLetter>),
    /// The id is known from an earlier notification; this one was not added.
    Known,
    /// The store is full.
    Full,
    /// A rule for repetitions excludes the notification; it was not added.
    Suppressed,
}

/// News of a notification that another process may have added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrival<'a> {
    /// Its lane; any lane if it is not known.
    pub lane: Option<&'a str>,
    /// Its urgency; that of an urgent one if it is not known.
    pub urgency: Urgency,
}

impl<'a> Arrival<'a> {
    /// Creates news of a notification in a lane.
    pub fn new(lane: &'a str, urgency: Urgency) -> Self {
        Self { lane: Some(lane), urgency }
    }

    /// Creates news of a notification of which nothing is known.
    pub fn of_any() -> Self {
        Self { lane: None, urgency: Urgency::Urgent }
    }
}

/// Called with each [`Arrival`], and returns `false` if it need not be called again. Returns at once.
pub type Wake = Arc<dyn Fn(Arrival<'_>) -> bool + Send + Sync>;

/// A waiting item: a notification, or a digest of several.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// Message and id to send.
    pub envelope: Envelope,
    /// Ids of the notifications in a digest; empty for a notification.
    pub members: Vec<String>,
    /// Time since when it has been waiting, by the store's clock; for a digest, since it was made.
    pub enqueued: SystemTime,
    /// Number of attempts that have begun and count.
    pub attempts: u32,
    /// Set if its last attempt began and its outcome was not recorded: the process crashed, or took too long.
    pub interrupted: bool,
    /// Set if an attempt may have arrived: it may only be sent again unchanged, never in a digest.
    pub may_have_arrived: bool,
    /// Set if it was in a digest that DingTalk refused, so that it is sent alone.
    pub alone: bool,
    /// Number of notifications that its throttle suppressed before it.
    pub suppressed: u32,
    /// Last failure, if it has one.
    pub last_failure: Option<Failure>,
    /// Number of the claim under which it was handed out.
    pub claim: u64,
}

impl Item {
    /// Creates an item of a notification without attempts.
    pub fn new(envelope: Envelope, enqueued: SystemTime, claim: u64) -> Self {
        Self {
            envelope,
            members: Vec::new(),
            enqueued,
            attempts: 0,
            interrupted: false,
            may_have_arrived: false,
            alone: false,
            suppressed: 0,
            last_failure: None,
            claim,
        }
    }
}

/// A claim on one lane. It holds until its lease ends and the lane is claimed again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Claim {
    /// Name of the lane.
    pub lane: String,
    /// Number of the claim, different for each claim.
    pub number: u64,
}

impl Claim {
    /// Creates the claim with this number on this lane.
    pub fn new(lane: impl Into<String>, number: u64) -> Self {
        Self { lane: lane.into(), number }
    }
}

/// Result of [`Store::claim`](super::Store::claim).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claimed {
    /// Current time, by the store's clock.
    pub now: SystemTime,
    /// Claim on the lane; `None` if there are no items.
    pub claim: Option<Claim>,
    /// Items in the order in which to send them.
    pub items: Vec<Item>,
    /// Items that are now dead letters, because they have expired, or because another program has stored a message that
    /// cannot be read.
    pub expired: Vec<DeadLetter>,
    /// Time until the next check, when another item becomes due or expires, or the claim of another worker may end.
    /// `None` if only a new notification can change anything.
    pub next: Option<Duration>,
    /// Time of the last delivery of an item of this lane that was not urgent; `None` if unknown. A digest is sent only
    /// if it was recent.
    pub last_sent: Option<SystemTime>,
}

impl Claimed {
    /// Creates an empty result at this time.
    pub fn new(now: SystemTime) -> Self {
        Self { now, claim: None, items: Vec::new(), expired: Vec::new(), next: None, last_sent: None }
    }
}

/// Result of [`Store::begin`](super::Store::begin).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Begun {
    /// The attempt is recorded, and its request can be made. Contains the number of the attempt, counted from 1.
    Started(u32),
    /// The claim no longer holds, another attempt has begun under it, or the item is not among its items or has
    /// expired.
    Lost,
}

/// Several claimed items that are merged into one message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merge {
    /// Message, under an id of its own, with the urgency of its members.
    pub digest: Envelope,
    /// Ids of the merged items.
    pub members: Vec<String>,
}

impl Merge {
    /// Creates a digest of these items.
    pub fn new(digest: Envelope, members: Vec<String>) -> Self {
        Self { digest, members }
    }
}

/// Outcome of an attempt, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// DingTalk accepted the message, including all members of a digest. The store remembers the id for a while.
    Delivered,
    /// The item waits again.
    Deferred {
        /// Time to wait. If it is zero, the item keeps its position; otherwise, it is last after that time.
        after: Duration,
        /// Set if the attempt counts, provided that one has begun.
        counts: bool,
        /// Set if it may have arrived.
        may_have_arrived: bool,
        /// Reason.
        failure: Failure,
    },
    /// The item is given up and becomes a dead letter; for a digest, each of its members.
    Dead {
        /// Reason by which it is counted.
        loss: Loss,
        /// Set if it may have arrived.
        may_have_arrived: bool,
        /// Last failure.
        failure: Failure,
    },
    /// DingTalk refused a digest: its members wait again, each [alone](Item::alone), at their old positions.
    Unmerged,
}

/// Notifications of a lane; those in a digest count separately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanePending {
    /// Notifications that wait: for a slot, for another attempt, or for the end of a rest.
    pub waiting: usize,
    /// Notifications whose attempt has begun and not ended.
    pub sending: usize,
}

impl LanePending {
    /// Creates counts.
    pub fn new(waiting: usize, sending: usize) -> Self {
        Self { waiting, sending }
    }

    /// Returns the sum.
    pub fn total(self) -> usize {
        self.waiting + self.sending
    }
}
