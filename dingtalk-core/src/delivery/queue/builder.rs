//! The settings of a queue, and what is wrong with them.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::{
    Queue,
    lane::Lane,
    schedule::{RETRY_DELAYS, Schedule},
    shared::{Settings, Shared},
    verdict::Rules,
};
use crate::{
    Deliver, Error,
    delivery::Guarantee,
    queue::{
        DigestPolicy,
        store::{MemoryStore, Store},
    },
};

const CAPACITY: usize = 1000;

/// What the only lane is known as in the store.
const ONLY_LANE: &str = "default";

/// A robot takes 25 seconds at most unless told otherwise; a long message in parts may have to wait for a minute.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// Somebody has to notice and to act; asking more often costs calls of the month.
const LANE_PAUSE: Duration = Duration::from_secs(10 * 60);

/// Nobody waits for longer, and beyond it arithmetic with times may overflow.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Settings of a [`Queue`]. What is wrong with them is told by [`build`](Self::build).
#[must_use = "call `build` to get a queue"]
pub struct QueueBuilder {
    lanes: Vec<(String, Arc<dyn Deliver>)>,
    only_lane: bool,
    default_lane: Option<String>,
    capacity: usize,
    digest: Option<DigestPolicy>,
    guarantee: Guarantee,
    retry_delays: Vec<Duration>,
    attempts: Option<u32>,
    attempt_timeout: Duration,
    lane_pause: Duration,
    store: Option<Arc<dyn Store>>,
}

impl QueueBuilder {
    pub(super) fn new() -> Self {
        Self {
            lanes: Vec::new(),
            only_lane: false,
            default_lane: None,
            capacity: CAPACITY,
            digest: None,
            guarantee: Guarantee::default(),
            retry_delays: RETRY_DELAYS.to_vec(),
            attempts: None,
            attempt_timeout: ATTEMPT_TIMEOUT,
            lane_pause: LANE_PAUSE,
            store: None,
        }
    }

    /// Adds a lane for the envelopes that [name](crate::Envelope::robot) it. It is delivered by a robot, or anything
    /// else that implements [`Deliver`], which is not told the name. The rate is the robot's: see
    /// [`RobotBuilder::window`](crate::delivery::RobotBuilder::window).
    pub fn lane(mut self, name: impl Into<String>, deliver: impl Deliver + 'static) -> Self {
        self.lanes.push((name.into(), Arc::new(deliver)));
        self
    }

    /// One lane for all envelopes, whatever robot they name; they are passed on with that name. Behind a single lane, one
    /// robot that is blocked or stopped holds up the others.
    pub fn only_lane(mut self, deliver: impl Deliver + 'static) -> Self {
        self.only_lane = true;
        self.lane(ONLY_LANE, deliver)
    }

    /// The lane for envelopes that name none. A queue with one lane needs no default.
    pub fn default_lane(mut self, name: impl Into<String>) -> Self {
        self.default_lane = Some(name.into());
        self
    }

    /// How many notifications the queue holds, those that are being sent among them; 1,000 unless set. One more is
    /// refused as [`QueueFull`](crate::ErrorKind::QueueFull). Urgent ones have a tenth more room.
    pub fn capacity(mut self, notifications: usize) -> Self {
        self.capacity = notifications;
        self
    }

    /// Merges what waits; unless set, nothing is merged. A notification then waits for others, up to the policy's window,
    /// unless it is urgent. Three or more become one or a few messages, when the robot has room for the first of them.
    /// Fewer, urgent ones, action cards, and what may have arrived already, are sent as they are.
    pub fn digest(mut self, policy: impl Into<Option<DigestPolicy>>) -> Self {
        self.digest = policy.into();
        self
    }

    /// What is promised where it is not known whether an attempt arrived; [`Guarantee::AtLeastOnce`] unless set. With
    /// [`Guarantee::AtMostOnce`] such a notification becomes a dead letter. Give the robots the same guarantee: they repeat,
    /// too.
    pub fn guarantee(mut self, guarantee: Guarantee) -> Self {
        self.guarantee = guarantee;
        self
    }

    /// How long to wait after the first failed attempt, after the second, and so on; 5 s, 30 s, 2 min, 10 min and
    /// 30 min unless set. The last one repeats. Each is up to a fifth shorter or longer, at random.
    pub fn retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.retry_delays = delays.into_iter().collect();
        self
    }

    /// How many attempts a notification has; one more than there are [delays](Self::retry_delays) unless set. An attempt
    /// is one call of the deliverer: a robot may make several requests of it. Where a message may have arrived there
    /// are three at most, where DingTalk is busy four. An attempt that met a blocked robot does not count.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// How long one attempt may take; 2 minutes unless set. After that it counts as [`Unknown`](crate::ErrorKind::Unknown).
    /// It must be more than the deliverer takes for one delivery: a robot that [splits](crate::delivery::Overflow::Split) has its
    /// deadline for each part.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// For how long a lane pauses whose robot has to be looked after: stopped, removed, its token unknown, its signature
    /// or address refused; 10 minutes unless set. Then one notification tries whether it works again.
    pub fn lane_pause(mut self, pause: Duration) -> Self {
        self.lane_pause = pause;
        self
    }

    /// Where notifications are kept; in a [`MemoryStore`] unless set. A store in memory belongs to one queue at a time: when
    /// that ends, all that is in it is counted as dropped.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Checks the settings and starts a task for each lane. Needs a tokio runtime.
    pub fn build(self) -> Result<Queue, Error> {
        self.check()?;
        let named = !self.only_lane;
        let attempts = self
            .attempts
            .unwrap_or_else(|| u32::try_from(self.retry_delays.len()).unwrap_or(u32::MAX).saturating_add(1));
        let lanes: BTreeMap<String, Arc<Lane>> = self
            .lanes
            .into_iter()
            .map(|(name, deliver)| (name.clone(), Arc::new(Lane::new(name, named, deliver))))
            .collect();
        let delays = self.retry_delays.into_iter().map(|delay| delay.min(LONGEST)).collect();
        let schedule = Schedule { delays, attempts, jitter: rand::random };
        let settings = Settings {
            capacity: self.capacity,
            rules: Rules { schedule, guarantee: self.guarantee, pause: self.lane_pause.min(LONGEST) },
            digest: self.digest,
            attempt_timeout: self.attempt_timeout.min(LONGEST),
        };
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        Ok(Queue::start(Shared::new(store, lanes, self.default_lane, settings)))
    }

    fn check(&self) -> Result<(), Error> {
        let problem = |words: &str| Err(Error::configuration(words.to_owned()));
        if self.lanes.is_empty() {
            return problem("a queue needs a lane");
        }
        if self.only_lane && self.lanes.len() > 1 {
            return problem("a queue with an only lane has no others");
        }
        for (index, (name, _)) in self.lanes.iter().enumerate() {
            if name.trim().is_empty() {
                return problem("the name of a lane is blank");
            }
            if self.lanes[..index].iter().any(|(other, _)| other == name) {
                return problem(&format!("two lanes are called `{name}`"));
            }
        }
        if let Some(name) = &self.default_lane
            && !self.lanes.iter().any(|(lane, _)| lane == name)
        {
            let names: Vec<String> = self.lanes.iter().map(|(name, _)| format!("`{name}`")).collect();
            return problem(&format!("the default lane `{name}` is none of {}", names.join(", ")));
        }
        if self.capacity == 0 {
            return problem("a queue needs room for at least one notification");
        }
        if self.attempts == Some(0) {
            return problem("a notification needs at least one attempt");
        }
        if self.retry_delays.is_empty() {
            return problem("a queue needs at least one retry delay; `attempts(1)` repeats nothing");
        }
        if self.attempt_timeout.is_zero() || self.lane_pause.is_zero() {
            return problem("the attempt timeout and the lane's pause must be more than nothing");
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return problem("a queue works in the background: build it inside a tokio runtime");
        }
        Ok(())
    }
}

impl fmt::Debug for QueueBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueBuilder")
            .field("lanes", &self.lanes.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("default_lane", &self.default_lane)
            .field("capacity", &self.capacity)
            .field("digest", &self.digest)
            .field("guarantee", &self.guarantee)
            .field("retry_delays", &self.retry_delays)
            .field("attempts", &self.attempts)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("lane_pause", &self.lane_pause)
            .finish_non_exhaustive()
    }
}
