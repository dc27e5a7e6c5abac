//! Rate window of one process.

use std::{
    collections::VecDeque,
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{
    Admission, Block, Forecast, Pace, SlotEnd, SlotId, SlotRequest, WaiterId, Window,
    log::{Rest, SlotLog},
};
use crate::{
    Error,
    delivery::{BoxFuture, Urgency, duration::FAR_FUTURE},
};

/// A [`Window`] in memory, the default of each robot, shared by its clones. Robots of one process with the same token
/// share one if it is [set](crate::delivery::RobotBuilder::window) for each of them.
///
/// ```
/// use std::sync::Arc;
///
/// use dingtalk_core::{
///     Robot,
///     delivery::{Pace, window::RateWindow},
/// };
///
/// let window = Arc::new(RateWindow::new(Pace::new()));
/// let signed = Robot::builder("0123abcd").secret("SEC0123abcd").window(window.clone()).build()?;
/// let lenient = Robot::builder("0123abcd").secret("SEC0123abcd").attempts(5).window(window).build()?;
/// # Ok::<(), dingtalk_core::Error>(())
/// ```
pub struct RateWindow {
    pace: Pace,
    /// Origin of the log's times.
    origin: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    log: SlotLog,
    urgent: VecDeque<Waiting>,
    normal: VecDeque<Waiting>,
    /// Id of the next waiter or slot.
    next_id: u64,
}

/// Waiters, in ascending order of their ids.
struct Waiting {
    id: WaiterId,
    wake: Arc<Notify>,
}

/// Next step of a waiter.
enum Turn {
    Decided(Admission),
    /// Check again at this time, or when woken.
    Wait(Instant),
}

impl RateWindow {
    /// Creates a window with the limit, length and reserve of a pace. The pace's rests belong to the robot.
    pub fn new(pace: Pace) -> Self {
        Self { pace, origin: Instant::now(), state: Mutex::default() }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Held only briefly, never across an await, and never left in an inconsistent state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, waiter: WaiterId, request: SlotRequest) -> Admission {
        let latest = Instant::now() + request.patience.min(FAR_FUTURE);
        let wake = self.state().waiting(waiter).map(|waiting| Arc::clone(&waiting.wake)).unwrap_or_default();
        loop {
            match self.turn(waiter, request, latest) {
                Turn::Decided(admission) => return admission,
                // Continues in the same way after the timeout and after a wake-up by another waiter.
                Turn::Wait(again) => drop(timeout_at(again.min(latest), wake.notified()).await),
            }
        }
    }

    fn turn(&self, waiter: WaiterId, request: SlotRequest, latest: Instant) -> Turn {
        let mut state = self.state();
        let now = self.now();
        state.log.forget(&self.pace, now);
        let Some((urgency, ahead)) = state.position(waiter) else {
            // The waiter was removed.
            return Turn::Decided(Admission::TooLong(Forecast::default()));
        };
        // Only the first waiter needs a timer; the others are woken when they become first.
        let free_at = (ahead == 0).then(|| state.log.free_at(&self.pace, urgency, now));
        if free_at.is_some_and(|at| at <= now) {
            let slot = SlotId(state.id());
            state.log.begin(slot, now.saturating_add(request.holds));
            state.remove(waiter);
            return Turn::Decided(Admission::Granted(slot));
        }
        let forecast = state.log.forecast(&self.pace, urgency, ahead, now);
        let block = state.log.resting(now).map(|rest| rest.why);
        let latest = latest.saturating_duration_since(self.origin);
        if latest <= now || latest < forecast || (request.yields && block.is_some()) {
            return Turn::Decided(Admission::TooLong(Forecast::new(forecast.saturating_sub(now), block)));
        }
        let again = free_at.unwrap_or(latest).min(latest);
        Turn::Wait(self.origin.checked_add(again).unwrap_or(self.origin + FAR_FUTURE))
    }
}

impl Window for RateWindow {
    fn join(&self, urgency: Urgency) -> WaiterId {
        let mut state = self.state();
        let id = WaiterId(state.id());
        state.waiters(urgency).push_back(Waiting { id, wake: Arc::default() });
        id
    }

    fn leave(&self, waiter: WaiterId) {
        self.state().remove(waiter);
    }

    fn take(&self, waiter: WaiterId, request: SlotRequest) -> BoxFuture<'_, Result<Admission, Error>> {
        Box::pin(async move { Ok(self.wait(waiter, request).await) })
    }

    fn end(&self, slot: SlotId, _: SlotEnd) {
        let mut state = self.state();
        let now = self.now();
        state.log.end(slot, now);
        state.wake_first();
    }

    fn give_back(&self, slot: SlotId) {
        let mut state = self.state();
        state.log.give_back(slot);
        state.wake_first();
    }

    fn forecast(&self, urgency: Urgency, ahead: usize) -> BoxFuture<'_, Result<Forecast, Error>> {
        let mut state = self.state();
        let now = self.now();
        state.log.forget(&self.pace, now);
        let waiting = match urgency {
            Urgency::Urgent => state.urgent.len(),
            Urgency::Normal => state.urgent.len() + state.normal.len(),
        };
        let at = state.log.forecast(&self.pace, urgency, waiting + ahead, now);
        let block = state.log.resting(now).map(|rest| rest.why);
        Box::pin(ready(Ok(Forecast::new(at.saturating_sub(now), block))))
    }

    fn rest(&self, block: Block, rest: Duration) {
        let mut state = self.state();
        let until = self.now().saturating_add(rest);
        state.log.rest(Rest { until, why: block });
        for waiting in state.urgent.iter().chain(&state.normal) {
            waiting.wake.notify_one();
        }
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn waiters(&mut self, urgency: Urgency) -> &mut VecDeque<Waiting> {
        match urgency {
            Urgency::Urgent => &mut self.urgent,
            Urgency::Normal => &mut self.normal,
        }
    }

    fn waiting(&self, id: WaiterId) -> Option<&Waiting> {
        self.urgent.iter().chain(&self.normal).find(|waiting| waiting.id == id)
    }

    /// Returns the urgency of a waiter, and the number of waiters before it.
    fn position(&self, id: WaiterId) -> Option<(Urgency, usize)> {
        let index =
            |waiters: &VecDeque<Waiting>| waiters.binary_search_by_key(&id, |waiting| waiting.id).ok();
        let normal = || index(&self.normal).map(|index| (Urgency::Normal, self.urgent.len() + index));
        index(&self.urgent).map(|index| (Urgency::Urgent, index)).or_else(normal)
    }

    fn remove(&mut self, id: WaiterId) {
        for waiters in [&mut self.urgent, &mut self.normal] {
            if let Ok(index) = waiters.binary_search_by_key(&id, |waiting| waiting.id) {
                waiters.remove(index);
            }
        }
        self.wake_first();
    }

    /// Wakes the waiters that may be next.
    fn wake_first(&self) {
        for waiting in self.urgent.front().into_iter().chain(self.normal.front()) {
            waiting.wake.notify_one();
        }
    }
}

impl fmt::Debug for RateWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateWindow").field("pace", &self.pace).finish_non_exhaustive()
    }
}
