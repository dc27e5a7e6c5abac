//! Who may send now, and who waits for how long.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};

use super::{
    Block, Pace,
    log::{Rest, SendLog},
};
use crate::Urgency;

/// Gives out the places of a robot's window, first come, first served. One for all clones of the robot.
pub(crate) struct Pacer {
    pace: Pace,
    /// What the log's times count from.
    origin: Instant,
    state: Mutex<State>,
    rests: Notify,
}

#[derive(Default)]
struct State {
    log: SendLog,
    urgent: VecDeque<Waiting>,
    normal: VecDeque<Waiting>,
    next_number: u64,
}

/// One who waits. Numbers in a line ascend.
struct Waiting {
    number: u64,
    wake: Arc<Notify>,
}

/// How long the way to a turn is; as an error, longer than somebody may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// How long it would have taken.
    pub(crate) wait: Duration,
    /// The rest that is a part of it.
    pub(crate) block: Option<Block>,
}

/// What one who waits is told.
enum Turn<'a> {
    Go(Slot<'a>),
    /// Ask again then, or when woken.
    Wait(Option<Instant>),
    TooLong(Forecast),
}

impl Pacer {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, origin: Instant::now(), state: Mutex::default(), rests: Notify::new() }
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Takes the last place in the line. It counts from now on, whether or not anybody waits in it already.
    pub(crate) fn line_up(&self, urgency: Urgency) -> Place<'_> {
        Place::take(self, urgency)
    }

    /// How long somebody would wait who joined the line now and let `more` of the same urgency go first, and for what
    /// rest, if for one.
    pub(crate) fn forecast(&self, urgency: Urgency, more: usize) -> Forecast {
        let mut state = self.state();
        let now = self.now();
        state.log.forget(&self.pace, now);
        let ahead = match urgency {
            Urgency::Urgent => state.urgent.len(),
            Urgency::Normal => state.urgent.len() + state.normal.len(),
        };
        let at = state.log.forecast(&self.pace, urgency, ahead + more, now);
        Forecast { wait: at.saturating_sub(now), block: state.log.resting(now).map(|rest| rest.why) }
    }

    /// Begins a rest, and tells all who wait.
    pub(crate) fn rest(&self, why: Block, rest: Duration) {
        let mut state = self.state();
        let until = self.now().saturating_add(rest);
        state.log.rest(Rest { until, why });
        for waiting in state.urgent.iter().chain(&state.normal) {
            waiting.wake.notify_one();
        }
        drop(state);
        self.rests.notify_waiters();
    }

    /// Sleeps, but not on when a rest begins.
    pub(crate) async fn sleep(&self, duration: Duration) {
        let _ = timeout(duration, self.rests.notified()).await;
    }

    #[cfg(test)]
    pub(super) async fn slot(&self, urgency: Urgency, latest: Instant) -> Result<Slot<'_>, Forecast> {
        self.line_up(urgency).slot(latest, false).await
    }

    #[cfg(test)]
    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Held for moments only, never over an await, and never left half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn line(&mut self, urgency: Urgency) -> &mut VecDeque<Waiting> {
        match urgency {
            Urgency::Urgent => &mut self.urgent,
            Urgency::Normal => &mut self.normal,
        }
    }

    /// Wakes those who may be next.
    fn wake_first(&self) {
        for waiting in self.urgent.front().into_iter().chain(self.normal.front()) {
            waiting.wake.notify_one();
        }
    }

    fn leave(&mut self, urgency: Urgency, number: u64) {
        let line = self.line(urgency);
        if let Ok(index) = line.binary_search_by_key(&number, |waiting| waiting.number) {
            line.remove(index);
        }
    }
}

/// A place in the line, left when it is dropped.
pub(crate) struct Place<'a> {
    pacer: &'a Pacer,
    urgency: Urgency,
    number: u64,
    wake: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn take(pacer: &'a Pacer, urgency: Urgency) -> Self {
        let wake = Arc::new(Notify::new());
        let mut state = pacer.state();
        let number = state.next_number;
        state.next_number += 1;
        state.line(urgency).push_back(Waiting { number, wake: Arc::clone(&wake) });
        Self { pacer, urgency, number, wake }
    }

    /// Waits for a place in the window, but not longer than until `latest`; where that is not long enough it fails at
    /// once, also when that turns out later. With `yields` it waits for no rest. Dropping the future gives the turn to
    /// the next one.
    pub(crate) async fn slot(self, latest: Instant, yields: bool) -> Result<Slot<'a>, Forecast> {
        loop {
            let again = match self.turn(latest, yields) {
                Turn::Go(slot) => return Ok(slot),
                Turn::TooLong(too_long) => return Err(too_long),
                Turn::Wait(again) => again.map_or(latest, |again| again.min(latest)),
            };
            // The time has come or somebody woke us: the same to us.
            let _ = timeout_at(again, self.wake.notified()).await;
        }
    }

    fn turn(&self, latest: Instant, yields: bool) -> Turn<'a> {
        let pacer = self.pacer;
        let mut state = pacer.state();
        let now = pacer.now();
        state.log.forget(&pacer.pace, now);
        let index = state
            .line(self.urgency)
            .binary_search_by_key(&self.number, |waiting| waiting.number)
            .unwrap_or_default();
        let ahead = match self.urgency {
            Urgency::Urgent => index,
            Urgency::Normal => state.urgent.len() + index,
        };
        // Only the first one needs a clock; the others are woken when they are first.
        let free_at = if ahead == 0 { state.log.free_at(&pacer.pace, self.urgency, now) } else { None };
        if free_at.is_some_and(|at| at <= now) {
            state.log.begin();
            return Turn::Go(Slot { pacer, taken: true });
        }
        let forecast = state.log.forecast(&pacer.pace, self.urgency, ahead, now);
        let latest = latest.saturating_duration_since(pacer.origin);
        let block = state.log.resting(now).map(|rest| rest.why);
        if latest <= now || latest < forecast || (yields && block.is_some()) {
            return Turn::TooLong(Forecast { wait: forecast.saturating_sub(now), block });
        }
        Turn::Wait(free_at.and_then(|at| pacer.origin.checked_add(at)))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        state.leave(self.urgency, self.number);
        state.wake_first();
    }
}

/// A place in the window. From its end, which is when it is dropped, the window counts.
#[must_use = "dropping it ends the send"]
pub(crate) struct Slot<'a> {
    pacer: &'a Pacer,
    taken: bool,
}

impl Slot<'_> {
    /// For a send of which the server has seen nothing: the next one may have the place at once.
    pub(crate) fn give_back(mut self) {
        self.taken = false;
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        if self.taken {
            let now = self.pacer.now();
            state.log.end(now);
        } else {
            state.log.take_back();
        }
        state.wake_first();
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}
