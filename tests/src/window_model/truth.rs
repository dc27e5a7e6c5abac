//! The truth of a history, by which a window is judged.

use std::time::Duration;

use dingtalk_core::delivery::{
    Pace, Urgency,
    window::{SlotId, WaiterId},
};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{HOLDS, WINDOW};

/// Time within which a worker notices what another one did.
pub(super) const NOTICES: Duration = Duration::from_millis(100);

/// Time after which the waiters of a crashed worker no longer delay others.
const FORGETS: Duration = Duration::from_secs(2);

/// A slot that was granted and not given back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) worker: usize,
    pub(super) id: SlotId,
    pub(super) granted: Duration,
    /// End of the request: said, or because its worker crashed.
    pub(super) ended: Option<Duration>,
    /// Set if the window knows the end.
    pub(super) said: bool,
}

/// A waiter that is not served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiter {
    pub(super) worker: usize,
    pub(super) id: WaiterId,
    pub(super) urgency: Urgency,
}

/// Everything that happened.
#[derive(Debug)]
pub(super) struct Truth {
    pace: Pace,
    pub(super) slots: Vec<Slot>,
    /// In the order in which they joined.
    pub(super) waiters: Vec<Waiter>,
    rests: Vec<(Duration, Duration)>,
    /// Time until which a window may grant nothing, because it does not trust its times.
    cautious_until: Duration,
    /// Time until which waiters that no longer exist may delay others.
    delayed_until: Duration,
    restarted: bool,
    wall_moved: bool,
}

impl Truth {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            slots: Vec::new(),
            waiters: Vec::new(),
            rests: Vec::new(),
            cautious_until: Duration::ZERO,
            delayed_until: Duration::ZERO,
            restarted: false,
            wall_moved: false,
        }
    }

    pub(super) fn cautious_until(&self) -> Duration {
        self.cautious_until
    }

    pub(super) fn rest(&mut self, now: Duration, rest: Duration) {
        self.rests.push((now, now + rest));
    }

    /// Records that the clocks went wrong, backwards by `span`: nobody notices if no transaction comes soon, and then
    /// everything takes so much longer.
    pub(super) fn distrust(&mut self, now: Duration, span: Duration) {
        let rests = self.rests.iter().map(|(_, until)| *until).max().unwrap_or_default();
        self.cautious_until = self.cautious_until.max(now).max(rests) + span + HOLDS + WINDOW + NOTICES;
    }

    /// Records a restart of the system, over which the wall clock decides how long a rest goes on.
    pub(super) fn restart(&mut self, now: Duration) {
        let began = self.rests.iter().filter(|(_, until)| now < *until).map(|(from, _)| *from).min();
        self.distrust(now, began.map_or(Duration::ZERO, |began| now.saturating_sub(began)));
        self.restarted = true;
        self.doubt_rests(now);
    }

    /// Records that the wall clock was set.
    pub(super) fn set_wall(&mut self, now: Duration) {
        self.wall_moved = true;
        self.doubt_rests(now);
    }

    /// Forgets the current rests if a wall clock that was set decides on them.
    fn doubt_rests(&mut self, now: Duration) {
        if self.restarted && self.wall_moved {
            self.distrust(now, Duration::ZERO);
            self.rests.retain(|(_, until)| *until <= now);
        }
    }

    /// Records a crash: its requests end, and its waiters are gone, of which the window knows nothing.
    pub(super) fn crash(&mut self, worker: usize, now: Duration) {
        for slot in self.slots.iter_mut().filter(|slot| slot.worker == worker) {
            slot.ended.get_or_insert(now.min(slot.granted + HOLDS));
        }
        self.waiters.retain(|waiter| waiter.worker != worker);
        self.delayed_until = now + FORGETS + NOTICES;
    }

    /// Checks a slot that was granted at a time, to a waiter or to one that came at this moment.
    pub(super) fn grant(
        &mut self,
        slot: Slot,
        urgency: Urgency,
        waiter: Option<WaiterId>,
    ) -> Result<(), TestCaseError> {
        let at = slot.granted;
        let ends = |slot: &Slot| slot.ended.unwrap_or(slot.granted + HOLDS);
        let counted = self.slots.iter().filter(|slot| ends(slot) + WINDOW > at).count();
        prop_assert!(counted < self.pace.slots(urgency), "{counted} slots were taken at {at:?}");
        let rests = self.rests.iter().any(|(from, until)| *from < at && at < *until);
        prop_assert!(!rests, "granted at {at:?}, while the robot rests");
        let index = waiter.and_then(|id| self.position(slot.worker, id));
        for (other, before) in self.waiters.iter().enumerate() {
            let first = before.urgency == Urgency::Urgent && urgency == Urgency::Normal
                || before.urgency == urgency && index.is_none_or(|index| other < index);
            prop_assert!(!first, "{before:?} was overtaken at {at:?}");
        }
        if let Some(index) = index {
            self.waiters.remove(index);
        }
        self.slots.push(slot);
        Ok(())
    }

    pub(super) fn position(&self, worker: usize, id: WaiterId) -> Option<usize> {
        self.waiters.iter().position(|waiter| waiter.worker == worker && waiter.id == id)
    }

    /// Returns the place of a waiter in the order of all, the first one lowest.
    pub(super) fn place(&self, worker: usize, id: WaiterId) -> Option<(bool, usize)> {
        let index = self.position(worker, id)?;
        Some((self.waiters[index].urgency == Urgency::Normal, index))
    }

    /// Checks that a message of this urgency, which was not sent, had no slot. `waits` is set for one that waits first.
    pub(super) fn refuse(&self, urgency: Urgency, now: Duration, waits: bool) -> Result<(), TestCaseError> {
        let first =
            self.waiters.iter().any(|waiter| waiter.urgency == Urgency::Urgent || waiter.urgency == urgency);
        let excused = (!waits && first)
            || now < self.cautious_until
            || now < self.delayed_until
            || self.rests.iter().any(|(_, until)| now < *until + NOTICES);
        let ends = |slot: &Slot| match slot.ended {
            Some(ended) if slot.said => ended,
            _ => slot.granted + HOLDS,
        };
        let counted = self.slots.iter().filter(|slot| ends(slot) + WINDOW + NOTICES > now).count();
        prop_assert!(
            excused || counted >= self.pace.slots(urgency),
            "a slot was free at {now:?}, and not granted: {self:?}"
        );
        Ok(())
    }

    /// Checks that the first waiters have no slot.
    pub(super) fn check_waiters(&self, now: Duration) -> Result<(), TestCaseError> {
        let first = self.waiters.iter().find(|waiter| waiter.urgency == Urgency::Urgent);
        match first.or_else(|| self.waiters.first()) {
            Some(first) => self.refuse(first.urgency, now, true),
            None => Ok(()),
        }
    }
}
