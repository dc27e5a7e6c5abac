//! Configuration of a sandbox: its robots and limits.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    draft::{Compose, Draft},
    log::LOG_CAPACITY,
    rate::{RateLimit, Window},
    release::Release,
    render::Names,
    robot::RobotConfig,
};

/// Documented number of messages that a robot may send per minute (`custom-robots-send-group-messages`,
/// open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

/// Length of the window in which a robot's messages are counted.
pub const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Documented time for which a robot that sends too fast is throttled: ten minutes.
pub const BLOCK: Duration = Duration::from_secs(10 * 60);

/// A clock.
pub(crate) type Clock = dyn Fn() -> SystemTime + Send + Sync;

/// Builder of a [`Sandbox`](crate::Sandbox).
#[derive(Clone)]
#[must_use]
pub struct Builder {
    pub(crate) port: u16,
    pub(crate) robots: Vec<RobotConfig>,
    pub(crate) rate_per_minute: Option<u32>,
    pub(crate) rate_window: Duration,
    pub(crate) window: Window,
    pub(crate) block: Duration,
    pub(crate) deduplicate: bool,
    pub(crate) names: Names,
    pub(crate) log_capacity: usize,
    pub(crate) clock: Arc<Clock>,
    pub(crate) compose: Option<Arc<Compose>>,
    pub(crate) release: Option<Arc<dyn Release>>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("port", &self.port)
            .field("robots", &self.robots)
            .field("limit", &self.limit())
            .field("deduplicate", &self.deduplicate)
            .field("names", &self.names)
            .field("log_capacity", &self.log_capacity)
            .field("release", &self.release)
            .finish_non_exhaustive()
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            port: 0,
            robots: Vec::new(),
            rate_per_minute: Some(RATE_PER_MINUTE),
            rate_window: RATE_WINDOW,
            window: Window::default(),
            block: BLOCK,
            deduplicate: true,
            names: Names::new(),
            log_capacity: LOG_CAPACITY,
            clock: Arc::new(SystemTime::now),
            compose: None,
            release: None,
        }
    }

    /// Sets the port on 127.0.0.1; 0 (the default) selects a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds a robot. A sandbox without robots gets one with a random token and secret.
    pub fn robot(mut self, robot: RobotConfig) -> Self {
        self.robots.push(robot);
        self
    }

    /// Sets the number of messages that are accepted from a robot in a [minute](Self::rate_window) (20 by default); one
    /// more blocks the robot. `None` removes the limit.
    pub fn rate_per_minute(mut self, rate: Option<u32>) -> Self {
        self.rate_per_minute = rate;
        self
    }

    /// Sets the length of the rate's minute (60 seconds by default). Tests can shorten it; shorten
    /// [`block`](Self::block) and the sender's rate window and rests in proportion.
    pub fn rate_window(mut self, window: Duration) -> Self {
        self.rate_window = window;
        self
    }

    /// Sets the kind of the rate's minute: [sliding](Window::Sliding) unless set.
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Sets the time for which a robot that sent too fast is refused (ten minutes by default).
    pub fn block(mut self, block: Duration) -> Self {
        self.block = block;
        self
    }

    /// Adds a member of the group: mentions of this mobile number or user id show the name, as DingTalk does.
    pub fn person(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.names.insert(id.into(), name.into());
        self
    }

    /// Enables deduplication (on by default): a message whose `msgUuid` was already accepted from the same robot is
    /// answered as accepted, but not shown again. That is the documented purpose of the field. DingTalk's actual
    /// answer, and the time for which it remembers an id, are unknown; the sandbox remembers an id as long as its
    /// message is in the log.
    pub fn deduplicate(mut self, deduplicate: bool) -> Self {
        self.deduplicate = deduplicate;
        self
    }

    /// Sets the number of requests in the log (1000 by default), and thereby the number of ids that are remembered.
    /// Their bodies together take at most 64 MiB: older requests are dropped beyond that, too.
    pub fn log_capacity(mut self, requests: usize) -> Self {
        self.log_capacity = requests;
        self
    }

    /// Sets the clock with which timestamps of signatures are compared, for recorded requests; that of the system
    /// unless set.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Sets the function that turns a declaration or a template with values into the body of a message, or returns its
    /// faults. Without it, verdicts are given on bodies only.
    pub fn compose(
        mut self,
        compose: impl Fn(&Draft) -> Result<String, Vec<String>> + Send + Sync + 'static,
    ) -> Self {
        self.compose = Some(Arc::new(compose));
        self
    }

    /// Sets the way to a real robot, to which a person can send a message from the page. Off unless set.
    pub fn release(mut self, release: impl Release + 'static) -> Self {
        self.release = Some(Arc::new(release));
        self
    }

    /// Returns the limit of each robot's rate.
    pub(crate) fn limit(&self) -> RateLimit {
        RateLimit {
            per_minute: self.rate_per_minute,
            minute: self.rate_window,
            window: self.window,
            block: self.block,
        }
    }

    /// Adds a robot if there is none, and a name to every robot that has none.
    ///
    /// # Errors
    ///
    /// Fails if two robots share a token or a name.
    pub(crate) fn complete(mut self) -> io::Result<Self> {
        if self.robots.is_empty() {
            self.robots.push(RobotConfig::random());
        }
        for (at, robot) in self.robots.iter_mut().enumerate() {
            robot.name.get_or_insert_with(|| match at {
                0 => "Sandbox robot".to_owned(),
                _ => format!("Sandbox robot {}", at + 1),
            });
        }
        let shared = |(at, robot): (usize, &RobotConfig)| {
            self.robots[..at].iter().any(|other| other.token == robot.token || other.name == robot.name)
        };
        if self.robots.iter().enumerate().any(shared) {
            let message = "two robots of the sandbox have the same token or name: give each its own";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(self)
    }
}
