//! Waiters of this process, by robot, in the order in which they joined.

use std::time::Duration;

use dingtalk_core::{
    Error,
    delivery::{
        RobotKey, Urgency,
        window::{Admission, SlotRequest, WaiterId, log::Rest},
    },
};
use tokio::sync::oneshot;

#[cfg(feature = "postgres")]
use crate::{postgres::Look, units::micros};
use crate::{
    records::{Bounds, Slot},
    units::duration,
};

/// Channel for the answer to a waiter.
pub(crate) type Reply = oneshot::Sender<Result<Admission, Error>>;

/// A robot as this process uses it.
#[derive(Default)]
pub(crate) struct Line {
    /// In ascending order of their ids.
    waiters: Vec<Waiter>,
    /// Rows of waiters that have left.
    pub(crate) left: Vec<i64>,
    /// Bounds of this process, and the time at which each was recorded.
    pub(crate) bounds: Vec<(Bounds, Option<i64>)>,
    /// Slots granted to waiters, which may have left in the meantime.
    pub(crate) granted: Vec<(WaiterId, i64)>,
    /// Slots and rests as they were last read, for the time in which the file cannot be used.
    pub(crate) known: Known,
    /// State of the robot when the server was last asked for changes.
    #[cfg(feature = "postgres")]
    pub(crate) look: Option<Look>,
    /// Time of the next review.
    pub(crate) due: Option<i64>,
    /// Set after it was said that other programs use the robot, too.
    pub(crate) shared_with_others: bool,
}

/// Content of the tables for one robot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) slots: Vec<Slot>,
    pub(crate) rests: Vec<Rest>,
    /// Requests of the current month, of the robots that share a quota.
    pub(crate) used: Vec<(RobotKey, i64)>,
}

impl Known {
    /// Returns the number of slots that count in a window, or the largest one while the robot rests.
    #[cfg(feature = "postgres")]
    pub(crate) fn taken(&self, window: Duration, now: i64) -> usize {
        if self.rests.iter().any(|rest| rest.until > duration(now)) {
            return usize::MAX;
        }
        let since = now.saturating_sub(micros(window));
        self.slots.iter().filter(|slot| slot.ended.unwrap_or(slot.ends_by) > since).count()
    }
}

/// A waiter of this process.
pub(crate) struct Waiter {
    pub(crate) id: WaiterId,
    pub(crate) urgency: Urgency,
    /// Name of its row, if it has one.
    pub(crate) row: Option<i64>,
    /// Set once it asks for a slot.
    pub(crate) taking: Option<Taking>,
}

/// Request of a waiter.
pub(crate) struct Taking {
    /// Latest time at which it can use a slot.
    pub(crate) latest: Duration,
    pub(crate) request: SlotRequest,
    pub(crate) reply: Reply,
}

impl Line {
    pub(crate) fn join(&mut self, id: WaiterId, urgency: Urgency) {
        self.waiters.push(Waiter { id, urgency, row: None, taking: None });
    }

    /// Removes a waiter.
    pub(crate) fn leave(&mut self, id: WaiterId) {
        if let Some(index) = self.waiters.iter().position(|waiter| waiter.id == id) {
            self.left.extend(self.waiters.remove(index).row);
        }
    }

    pub(crate) fn waiter(&mut self, id: WaiterId) -> Option<&mut Waiter> {
        self.waiters.iter_mut().find(|waiter| waiter.id == id)
    }

    pub(crate) fn waiters(&self) -> &[Waiter] {
        &self.waiters
    }

    pub(crate) fn waiters_mut(&mut self) -> &mut [Waiter] {
        &mut self.waiters
    }

    /// Reports whether a waiter asks for a slot.
    pub(crate) fn is_taking(&self) -> bool {
        self.waiters.iter().any(|waiter| waiter.taking.is_some())
    }

    /// Returns the request of a waiter if nobody in this process goes before it or waits for a slot.
    #[cfg(feature = "postgres")]
    pub(crate) fn only_request(&self, id: WaiterId) -> Option<(&Waiter, &Taking)> {
        let waiter = self.waiters.iter().find(|waiter| waiter.id == id)?;
        let is_before = |other: &Waiter| match (other.urgency, waiter.urgency) {
            (Urgency::Urgent, Urgency::Normal) => true,
            (of, own) => of == own && other.id < id,
        };
        let disturbs = |other: &Waiter| other.id != id && (other.taking.is_some() || is_before(other));
        let is_only = self.left.is_empty() && !self.waiters.iter().any(disturbs);
        waiter.taking.as_ref().filter(|_| is_only).map(|taking| (waiter, taking))
    }

    /// Returns the urgencies of the waiters without rows.
    pub(crate) fn unstored(&self) -> Vec<Urgency> {
        self.waiters.iter().filter(|waiter| waiter.row.is_none()).map(|waiter| waiter.urgency).collect()
    }

    /// Reports whether a waiter has a row.
    pub(crate) fn is_stored(&self) -> bool {
        self.waiters.iter().any(|waiter| waiter.row.is_some())
    }

    /// Records within which bounds the robot is used.
    pub(crate) fn use_within(&mut self, bounds: Bounds) {
        if !self.bounds.iter().any(|(known, _)| *known == bounds) {
            self.bounds.push((bounds, None));
        }
    }

    /// Moves all times after a clock that went backwards.
    pub(crate) fn go_back(&mut self, back: i64) {
        // The tables may allow something else now.
        self.due = self.due.map(|_| i64::MIN);
        for taking in self.waiters.iter_mut().filter_map(|waiter| waiter.taking.as_mut()) {
            taking.latest = taking.latest.saturating_sub(duration(back));
        }
    }

    /// Forgets all rows, because the tables are others.
    pub(crate) fn forget_rows(&mut self) {
        self.left.clear();
        for waiter in &mut self.waiters {
            waiter.row = None;
        }
        for (_, recorded) in &mut self.bounds {
            *recorded = None;
        }
    }
}
