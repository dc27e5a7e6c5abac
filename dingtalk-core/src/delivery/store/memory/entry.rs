//! Items of a store in memory, and their positions.

use std::time::{Duration, SystemTime};

use super::super::{DeadLetter, Failure, Item, Loss};
use crate::{Envelope, delivery::Urgency};

/// Position of an item in its lane: urgent ones first, then by number. Digests that were made together have the number
/// of the first notification in them, and are ordered by their own numbers, which begin at 1.
pub(super) type Position = (Rank, u64, usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Urgent,
    Normal,
}

impl From<Urgency> for Rank {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Urgent => Self::Urgent,
            Urgency::Normal => Self::Normal,
        }
    }
}

/// Location of an item in its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among those that can be sent, at its position.
    Ready,
    /// Outside the order until this time.
    Deferred(Duration),
    /// In a digest, which is used instead.
    Member,
}

/// An item. Times count from 1970.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) lane: String,
    pub(super) position: Position,
    pub(super) place: Place,
    /// Number in the order in which all items were added.
    pub(super) number: u64,
    pub(super) envelope: Envelope,
    pub(super) members: Vec<String>,
    pub(super) enqueued: Duration,
    /// Claim under which it was last handed out.
    pub(super) claim: Option<u64>,
    pub(super) attempts: u32,
    pub(super) interrupted: bool,
    pub(super) may_have_arrived: bool,
    pub(super) alone: bool,
    pub(super) suppressed: u32,
    pub(super) last_failure: Option<Failure>,
}

impl Entry {
    pub(super) fn new(lane: &str, number: u64, envelope: Envelope, now: Duration) -> Self {
        let not_before = envelope.not_before.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        Self {
            lane: lane.to_owned(),
            position: (envelope.urgency.into(), number, 0),
            place: not_before.filter(|at| *at > now).map_or(Place::Ready, Place::Deferred),
            number,
            envelope,
            members: Vec::new(),
            enqueued: now,
            claim: None,
            attempts: 0,
            interrupted: false,
            may_have_arrived: false,
            alone: false,
            suppressed: 0,
            last_failure: None,
        }
    }

    pub(super) fn is_digest(&self) -> bool {
        !self.members.is_empty()
    }

    /// Returns the number of notifications in the item.
    pub(super) fn notifications(&self) -> usize {
        self.members.len().max(1)
    }

    /// Reports whether an urgent notification may take its place.
    pub(super) fn is_displaceable(&self) -> bool {
        self.position.0 == Rank::Normal && !self.is_digest() && self.place != Place::Member
    }

    pub(super) fn expires_at(&self) -> Option<Duration> {
        let at = self.envelope.expires_at?;
        Some(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }

    pub(super) fn has_expired(&self, now: Duration) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// Returns the item under this claim.
    pub(super) fn item(&self, claim: u64) -> Item {
        Item {
            envelope: self.envelope.clone(),
            members: self.members.clone(),
            enqueued: system_time(self.enqueued),
            attempts: self.attempts,
            interrupted: self.interrupted,
            may_have_arrived: self.may_have_arrived,
            alone: self.alone,
            suppressed: self.suppressed,
            last_failure: self.last_failure.clone(),
            claim,
        }
    }

    /// Returns the dead letter of an item that is given up.
    pub(super) fn dead_letter(self, loss: Loss, failure: Failure, now: Duration) -> DeadLetter {
        let mut letter = DeadLetter::new(self.lane, self.envelope, loss, failure, system_time(now));
        letter.attempts = self.attempts;
        letter.may_have_arrived = self.may_have_arrived;
        letter
    }
}

pub(super) fn system_time(since_1970: Duration) -> SystemTime {
    SystemTime::UNIX_EPOCH + since_1970
}
