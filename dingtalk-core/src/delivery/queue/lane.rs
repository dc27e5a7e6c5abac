//! One lane: who delivers, how fast, and who wakes its worker.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{Deliver, Pace, Urgency, store::Budget};

/// A lane of a [`Queue`](crate::Queue): what delivers for it, and at which rate.
///
/// ```
/// use dingtalk_core::{Lane, Pace, Queue, Stub};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let queue = Queue::builder()
///     .lane("ops", Stub::new())
///     // Three robots of one group carry three times as much.
///     .lane("dev", Lane::new(Stub::new()).pace(Pace::new().limit(60).urgent_reserve(6)))
///     .default_lane("ops")
///     .build()?;
/// # Ok(()) }
/// ```
pub struct Lane {
    pub(super) deliver: Arc<dyn Deliver>,
    pub(super) pace: Option<Pace>,
    pub(super) budget: Option<String>,
}

impl Lane {
    /// A lane at the rate that DingTalk takes from one robot.
    pub fn new(deliver: impl Deliver + 'static) -> Self {
        Self { deliver: Arc::new(deliver), pace: Some(Pace::new()), budget: None }
    }

    /// How fast the lane sends; [`Pace::new`] unless set, which is what one robot may. Only its limit, window and
    /// reserve for urgent messages count. `None` sends as fast as the deliverer takes it.
    #[must_use]
    pub fn pace(mut self, pace: impl Into<Option<Pace>>) -> Self {
        self.pace = pace.into();
        self
    }

    /// What the rate is known as in the store; the lane's name unless set. Lanes and processes that send through one robot
    /// and share a store share its rate and its rests if they give the same name here, such as
    /// [`Robot::id`](crate::Robot::id).
    #[must_use]
    pub fn budget(mut self, name: impl Into<String>) -> Self {
        self.budget = Some(name.into());
        self
    }
}

impl<D: Deliver + 'static> From<D> for Lane {
    fn from(deliver: D) -> Self {
        Self::new(deliver)
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pace, budget, .. } = self;
        f.debug_struct("Lane").field("pace", pace).field("budget", budget).finish_non_exhaustive()
    }
}

/// What ends a worker's sleep before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// Any new notification, and what ends the other.
    Arrival,
    /// An urgent notification, a flush, the end of the queue.
    Signal,
}

/// A lane at work.
pub(super) struct RunningLane {
    pub(super) name: String,
    /// Whether the lane was chosen by its name: the deliverer need not know it, then.
    pub(super) named: bool,
    pub(super) deliver: Arc<dyn Deliver>,
    pace: Option<Pace>,
    budget: String,
    changed: Notify,
    signalled: AtomicBool,
}

impl RunningLane {
    pub(super) fn new(name: String, named: bool, lane: Lane) -> Self {
        Self {
            budget: lane.budget.unwrap_or_else(|| name.clone()),
            name,
            named,
            deliver: lane.deliver,
            pace: lane.pace,
            changed: Notify::new(),
            signalled: AtomicBool::new(false),
        }
    }

    pub(super) fn budget_key(&self) -> &str {
        &self.budget
    }

    /// The rate for a message of this urgency.
    pub(super) fn budget(&self, urgency: Urgency) -> Budget {
        match &self.pace {
            Some(pace) => Budget::new(&*self.budget, pace.places(urgency), pace.window_length()),
            None => Budget::new(&*self.budget, usize::MAX, Duration::ZERO),
        }
    }

    /// A notification was put into the lane.
    pub(super) fn arrived(&self, urgency: Urgency) {
        match urgency {
            Urgency::Urgent => self.signal(),
            Urgency::Normal => self.changed.notify_one(),
        }
    }

    /// Wakes the worker, whatever it waits for. It looks for itself what there is to do.
    pub(super) fn signal(&self) {
        self.signalled.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Sleeps until then, or until woken.
    pub(super) async fn sleep(&self, until: Option<Instant>, wake: Wake) {
        loop {
            let woken = match until {
                Some(until) => timeout_at(until, self.changed.notified()).await.is_ok(),
                None => {
                    self.changed.notified().await;
                    true
                }
            };
            let signalled = self.signalled.swap(false, Ordering::AcqRel);
            if !woken || signalled || wake == Wake::Arrival {
                return;
            }
        }
    }
}
