//! What goes in and out of a store.

use std::time::{Duration, SystemTime};

use super::{DeadLetter, Failure, Loss};
use crate::Envelope;

/// What became of a notification that was to be put into a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enqueued {
    /// It waits.
    Added,
    /// A notification with this id was put in before; it is not taken again.
    Known,
    /// There is no room.
    Full,
}

/// What waits: a notification, or a digest of several.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// What is to be sent, under which id.
    pub envelope: Envelope,
    /// The ids of the notifications that a digest stands for; empty for a notification.
    pub members: Vec<String>,
    /// Since when it waits, by the store's clock; a digest since it was made.
    pub enqueued: SystemTime,
    /// Attempts that have begun and count.
    pub attempts: u32,
    /// Its last attempt began and nobody said how it ended: the process crashed, or took too long.
    pub interrupted: bool,
    /// An attempt may have arrived: it may only be repeated as it is, never in a digest.
    pub may_have_arrived: bool,
    /// It was in a digest that DingTalk refused, and is to be sent alone.
    pub alone: bool,
    /// Why it was not delivered so far.
    pub last_failure: Option<Failure>,
    /// The claim on it.
    pub claim: Claim,
}

impl Item {
    /// A notification that nobody has tried to send.
    pub fn new(envelope: Envelope, enqueued: SystemTime, claim: Claim) -> Self {
        Self {
            envelope,
            members: Vec::new(),
            enqueued,
            attempts: 0,
            interrupted: false,
            may_have_arrived: false,
            alone: false,
            last_failure: None,
            claim,
        }
    }
}

/// A claim on one item. It holds until its lease ends and somebody else claims the item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Claim {
    /// The item's id.
    pub id: String,
    /// Another number with each claim.
    pub number: u64,
}

impl Claim {
    /// The claim with this number on this item.
    pub fn new(id: impl Into<String>, number: u64) -> Self {
        Self { id: id.into(), number }
    }
}

/// What [`Store::claim`](super::Store::claim) hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claimed {
    /// Now, by the store's clock.
    pub now: SystemTime,
    /// The items, in the order in which they are to be sent.
    pub items: Vec<Item>,
    /// What expired and is a dead letter now.
    pub expired: Vec<DeadLetter>,
    /// When to look again: something that is not handed out now becomes due, or something expires. `None` if only a new
    /// notification can change anything.
    pub next: Option<Duration>,
}

impl Claimed {
    /// Nothing, at this time.
    pub fn new(now: SystemTime) -> Self {
        Self { now, items: Vec::new(), expired: Vec::new(), next: None }
    }
}

/// What [`Store::begin`](super::Store::begin) answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Begun {
    /// The attempt is recorded, and its request can be made. It is this attempt, counted from 1.
    Started(u32),
    /// The claim holds no longer, or the item has expired.
    Lost,
}

/// Several claimed items that become one message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merge {
    /// The message, under an id of its own.
    pub digest: Envelope,
    /// What it stands for.
    pub members: Vec<Claim>,
}

impl Merge {
    /// These items, in this message.
    pub fn new(digest: Envelope, members: Vec<Claim>) -> Self {
        Self { digest, members }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// DingTalk took it; the members of a digest are part of it. The store keeps the id for a while, to know it again.
    Delivered,
    /// It waits again.
    Deferred {
        /// For so long.
        after: Duration,
        /// Whether the attempt counts, if one has begun.
        counts: bool,
        /// Whether it may have arrived.
        may_have_arrived: bool,
        /// Why.
        failure: Failure,
    },
    /// It is given up and becomes a dead letter; of a digest, each of its members.
    Dead {
        /// By what it is counted.
        loss: Loss,
        /// Whether it may have arrived.
        may_have_arrived: bool,
        /// Why.
        failure: Failure,
    },
    /// DingTalk refused a digest: its members wait again, each [alone](Item::alone), where they stood.
    Unmerged,
}

/// What waits in a lane: notifications, those in a digest each for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanePending {
    /// They wait: for their turn, for another attempt, for a rest to end.
    pub waiting: usize,
    /// An attempt has begun and not ended.
    pub sending: usize,
}

impl LanePending {
    /// So many of each.
    pub fn new(waiting: usize, sending: usize) -> Self {
        Self { waiting, sending }
    }

    /// All of them.
    pub fn total(self) -> usize {
        self.waiting + self.sending
    }
}
