//! Settings of a queue, and their errors.

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
    delivery::{Guarantee, Language, digest::words::Words},
    queue::{
        DigestPolicy,
        store::{MemoryStore, Store},
    },
};

const CAPACITY: usize = 1000;

/// Name of the only lane in the store.
const ONLY_LANE: &str = "default";

/// A robot takes at most 25 seconds by default; a long message in parts may have to wait for a minute.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// A person must notice and act; more frequent attempts would use up the monthly quota.
const LANE_PAUSE: Duration = Duration::from_secs(10 * 60);

/// Time after which a notification in a durable store is outdated.
const EXPIRY: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum of a setting. No one waits longer, and arithmetic with longer times may overflow.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Settings of a [`Queue`]. Errors in them are reported by [`build`](Self::build).
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
    expiry: Expiry,
    language: Option<Language>,
    #[cfg(feature = "jiff")]
    quiet_hours: Option<super::QuietHours>,
    store: Option<Arc<dyn Store>>,
    accept_only: bool,
}

/// Expiry of notifications without one of their own.
#[derive(Debug, Clone, Copy)]
enum Expiry {
    /// That of the kind of store.
    OfStore,
    Set(Option<Duration>),
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
            expiry: Expiry::OfStore,
            language: None,
            #[cfg(feature = "jiff")]
            quiet_hours: None,
            store: None,
            accept_only: false,
        }
    }

    /// Adds a lane for envelopes that [name](crate::Envelope::robot) it, with a robot or another [`Deliver`], which
    /// does not receive the name. The rate is that of the robot; see
    /// [`RobotBuilder::window`](crate::delivery::RobotBuilder::window).
    pub fn lane(mut self, name: impl Into<String>, deliver: impl Deliver + 'static) -> Self {
        self.lanes.push((name.into(), Arc::new(deliver)));
        self
    }

    /// Sets a single lane for all envelopes, whichever robot they name; they are passed on with that name. In a single
    /// lane, a robot that is blocked or stopped delays the others.
    pub fn only_lane(mut self, deliver: impl Deliver + 'static) -> Self {
        self.only_lane = true;
        self.lane(ONLY_LANE, deliver)
    }

    /// Sets the lane for envelopes that name none. A queue with one lane needs no default.
    pub fn default_lane(mut self, name: impl Into<String>) -> Self {
        self.default_lane = Some(name.into());
        self
    }

    /// Sets the maximum number of notifications in the queue, including those that are being sent; 1,000 unless set.
    /// Further ones are refused with [`QueueFull`](crate::ErrorKind::QueueFull). For urgent ones, the limit is a tenth
    /// higher; after that, each takes the place of the newest one that is not urgent, which becomes a dead letter.
    pub fn capacity(mut self, notifications: usize) -> Self {
        self.capacity = notifications;
        self
    }

    /// Merges waiting notifications; unless set, none are merged. The first notification is sent at once. Those after
    /// it wait for others, up to the policy's window; three or more are merged into one or a few messages when the
    /// robot has a free slot. Urgent ones do not wait, and are merged only above the policy's threshold. Fewer
    /// notifications, action cards, and those that may already have arrived are sent unchanged.
    pub fn digest(mut self, policy: impl Into<Option<DigestPolicy>>) -> Self {
        self.digest = policy.into();
        self
    }

    /// Sets the guarantee for attempts whose outcome is unknown; [`Guarantee::AtLeastOnce`] unless set. With
    /// [`Guarantee::AtMostOnce`], such a notification becomes a dead letter. Set the same guarantee for the robots,
    /// which also retry.
    pub fn guarantee(mut self, guarantee: Guarantee) -> Self {
        self.guarantee = guarantee;
        self
    }

    /// Sets the delays after the first failed attempt, after the second, and so on; 5 s, 30 s, 2 min, 10 min and 30 min
    /// unless set. The last one repeats. Each is up to a fifth shorter or longer, at random.
    pub fn retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.retry_delays = delays.into_iter().collect();
        self
    }

    /// Sets the maximum number of attempts for a notification; one more than the number of [delays](Self::retry_delays)
    /// unless set. An attempt is one call of `Deliver`, for which a robot may make several requests. If a message may
    /// have arrived, there are at most three attempts; if DingTalk is busy, at most four. Attempts through a blocked
    /// robot do not count.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Sets the maximum time of one attempt; 2 minutes unless set. After that, it counts as
    /// [`Unknown`](crate::ErrorKind::Unknown). It must be longer than one delivery takes: a robot that
    /// [splits](crate::delivery::Overflow::Split) messages has its deadline for each part.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how long a lane pauses if its robot needs attention: stopped, removed, with an unknown token, or with a
    /// refused signature or address; 10 minutes unless set. After the pause, one notification tests whether the robot
    /// works again.
    pub fn lane_pause(mut self, pause: Duration) -> Self {
        self.lane_pause = pause;
        self
    }

    /// Sets the time after which notifications without an [expiry](crate::Envelope::expires_at) of their own expire; unless
    /// set, 24 hours in a durable store and never in memory. `None` sets no limit.
    pub fn expiry(mut self, expiry: impl Into<Option<Duration>>) -> Self {
        self.expiry = Expiry::Set(expiry.into());
        self
    }

    /// Sets hours of the day, by the store's clock, in which only urgent notifications are sent; none unless set. A
    /// flush keeps them, too. Needs the feature `jiff`.
    #[cfg(feature = "jiff")]
    pub fn quiet_hours(mut self, hours: impl Into<Option<super::QuietHours>>) -> Self {
        self.quiet_hours = hours.into();
        self
    }

    /// Sets the language of the notes that the queue adds to messages; that of the digests unless set, or English.
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Sets the store of the notifications; a [`MemoryStore`] unless set. A store in memory belongs to one queue at a
    /// time: when the queue ends, all notifications in the store are counted as dropped. A durable store keeps the
    /// notifications of a lane under the [key](Deliver::lane_key) of its robot: processes that name the robot differently
    /// share its lane, and those with another robot of the same name do not. A lane without a key is kept under its
    /// name.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Only accepts notifications, and delivers none: for a program that ends at once, and leaves the delivery to other
    /// processes that use the durable [store](Self::store).
    pub fn accept_only(mut self) -> Self {
        self.accept_only = true;
        self
    }

    /// Checks the settings and starts a task for each lane. Needs a tokio runtime.
    pub fn build(self) -> Result<Queue, Error> {
        self.check()?;
        let named = !self.only_lane;
        let attempts = self
            .attempts
            .unwrap_or_else(|| u32::try_from(self.retry_delays.len()).unwrap_or(u32::MAX).saturating_add(1));
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        let durable = store.only_in_memory().is_none();
        let lanes = self.lanes.into_iter().map(|(name, deliver)| {
            let key = if durable { lane_key(&name, &*deliver) } else { name.clone() };
            (name.clone(), Arc::new(Lane::new(name, key, named, deliver)))
        });
        let lanes: BTreeMap<String, Arc<Lane>> = lanes.collect();
        let language = self.language.or(self.digest.as_ref().map(|digest| digest.language));
        let delays = self.retry_delays.into_iter().map(|delay| delay.min(LONGEST)).collect();
        let schedule = Schedule { delays, attempts, jitter: rand::random };
        let settings = Settings {
            capacity: self.capacity,
            rules: Rules { schedule, guarantee: self.guarantee, pause: self.lane_pause.min(LONGEST) },
            digest: self.digest,
            attempt_timeout: self.attempt_timeout.min(LONGEST),
            expiry: match self.expiry {
                Expiry::OfStore => durable.then_some(EXPIRY),
                Expiry::Set(expiry) => expiry,
            },
            words: Words(language.unwrap_or(Language::En)),
            #[cfg(feature = "jiff")]
            quiet_hours: self.quiet_hours,
        };
        Ok(Queue::start(Shared::new(store, lanes, self.default_lane, settings), !self.accept_only))
    }

    fn check(&self) -> Result<(), Error> {
        let problem = |words: &str| Err(Error::configuration(words.to_owned()));
        if self.lanes.is_empty() {
            return problem("a queue needs at least one lane");
        }
        if self.only_lane && self.lanes.len() > 1 {
            return problem("`only_lane` cannot be combined with other lanes");
        }
        for (index, (name, _)) in self.lanes.iter().enumerate() {
            if name.trim().is_empty() {
                return problem("the name of a lane must not be blank");
            }
            if self.lanes[..index].iter().any(|(other, _)| other == name) {
                return problem(&format!("the name `{name}` is used by two lanes"));
            }
        }
        if self.store.as_ref().is_some_and(|store| store.only_in_memory().is_none()) {
            let keys: Vec<String> =
                self.lanes.iter().map(|(name, deliver)| lane_key(name, &**deliver)).collect();
            for (index, key) in keys.iter().enumerate() {
                if let Some(other) = keys[..index].iter().position(|other| other == key) {
                    let (name, other) = (&self.lanes[index].0, &self.lanes[other].0);
                    return problem(&format!(
                        "the lanes `{other}` and `{name}` deliver through the same robot: a durable store keeps one lane \
                         for each robot; remove one of them"
                    ));
                }
            }
        }
        if self.accept_only && self.store.as_ref().is_none_or(|store| store.only_in_memory().is_some()) {
            return problem("`accept_only` needs a durable store: nothing in memory outlives the program");
        }
        if let Some(name) = &self.default_lane
            && !self.lanes.iter().any(|(lane, _)| lane == name)
        {
            let names: Vec<String> = self.lanes.iter().map(|(name, _)| format!("`{name}`")).collect();
            return problem(&format!("unknown default lane `{name}`; expected one of {}", names.join(", ")));
        }
        if self.capacity == 0 {
            return problem("the capacity must be at least 1");
        }
        if self.attempts == Some(0) {
            return problem("`attempts` must be at least 1");
        }
        if self.retry_delays.is_empty() {
            return problem("`retry_delays` must not be empty; for no retries, set `attempts(1)`");
        }
        if self.attempt_timeout.is_zero() || self.lane_pause.is_zero() {
            return problem("the attempt timeout and the lane pause must be longer than zero");
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return problem("a queue needs a tokio runtime: build it inside one");
        }
        Ok(())
    }
}

/// Returns the name of a lane in a durable store.
fn lane_key(name: &str, deliver: &dyn Deliver) -> String {
    deliver.lane_key().unwrap_or_else(|| format!("name:{name}"))
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
            .field("expiry", &self.expiry)
            .field("accept_only", &self.accept_only)
            .finish_non_exhaustive()
    }
}
