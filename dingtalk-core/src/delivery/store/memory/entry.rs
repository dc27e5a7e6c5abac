//! Items of a store in memory, and their positions.

use std::time::{Duration, SystemTime};

use super::super::{Claim, DeadLetter, Failure, Item, LanePending, Loss};
use crate::{Envelope, delivery::Urgency};

/// Position of an item in its lane: urgent ones first, then by number. Digests that were made together have the number
/// of the first notification in them, and are ordered by their own numbers, which begin at 1.
pub(super) type Position = (Rank, u64, usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Urgent,
    Normal,
}

/// Use of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Unclaimed.
    None,
    /// Claimed with this number, until the lease ends.
    Claimed { claim: u64, until: Duration },
    /// An attempt has begun under this claim.
    Sending { claim: u64, until: Duration },
    /// Part of a digest, which is used instead.
    Member,
}

/// An item. Times count from 1970.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) lane: String,
    pub(super) position: Position,
    pub(super) envelope: Envelope,
    pub(super) members: Vec<String>,
    pub(super) enqueued: Duration,
    pub(super) due: Duration,
    pub(super) work: Work,
    pub(super) attempts: u32,
    pub(super) interrupted: bool,
    pub(super) may_have_arrived: bool,
    pub(super) alone: bool,
    pub(super) last_failure: Option<Failure>,
}

impl Entry {
    pub(super) fn new(lane: &str, number: u64, envelope: Envelope, now: Duration) -> Self {
        let rank = if envelope.urgency == Urgency::Urgent { Rank::Urgent } else { Rank::Normal };
        Self {
            lane: lane.to_owned(),
            position: (rank, number, 0),
            envelope,
            members: Vec::new(),
            enqueued: now,
            due: now,
            work: Work::None,
            attempts: 0,
            interrupted: false,
            may_have_arrived: false,
            alone: false,
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

    pub(super) fn expires_at(&self) -> Option<Duration> {
        let at = self.envelope.expires_at?;
        Some(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }

    pub(super) fn has_expired(&self, now: Duration) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// Reports whether this claim holds.
    pub(super) fn is_held_by(&self, held: &Claim) -> bool {
        match self.work {
            Work::Claimed { claim, .. } | Work::Sending { claim, .. } => claim == held.number,
            Work::None | Work::Member => false,
        }
    }

    pub(super) fn pending(&self) -> LanePending {
        match self.work {
            // Counted by the digest.
            Work::Member => LanePending::default(),
            Work::Sending { .. } => LanePending::new(0, self.notifications()),
            Work::None | Work::Claimed { .. } => LanePending::new(self.notifications(), 0),
        }
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
            last_failure: self.last_failure.clone(),
            claim: Claim::new(&*self.envelope.id, claim),
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

fn system_time(since_1970: Duration) -> SystemTime {
    SystemTime::UNIX_EPOCH + since_1970
}
