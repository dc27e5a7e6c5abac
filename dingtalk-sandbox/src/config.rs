//! Configuration of a sandbox: its robots and limits.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    io,
    time::Duration,
};

use crate::log::LOG_CAPACITY;

/// Documented number of messages that a robot may send per minute (`custom-robots-send-group-messages`,
/// open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

/// Length of the window in which a robot's messages are counted. DingTalk documents "per minute" but not if the minute
/// slides; the sandbox uses a sliding one, the stricter reading.
pub const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Documented time for which a robot that sends too fast is throttled: ten minutes.
pub const BLOCK: Duration = Duration::from_secs(10 * 60);

/// A robot of the sandbox, with the settings that DingTalk shows to its owner.
///
/// ```
/// use dingtalk_sandbox::RobotConfig;
///
/// let robot = RobotConfig::new("a-token").secret("SECa-secret").keyword("Alert").name("CPU watch");
/// assert!(!format!("{robot:?}").contains("a-token"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RobotConfig {
    pub(crate) token: String,
    pub(crate) secret: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) name: Option<String>,
}

impl RobotConfig {
    /// Creates a robot that checks only its access token.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), secret: None, keywords: Vec::new(), name: None }
    }

    /// Creates a robot with a random token and secret in the format of DingTalk's own.
    #[must_use]
    pub fn random() -> Self {
        Self::new(random_hex()).secret(format!("SEC{}", random_hex()))
    }

    /// Requires a signature made with this secret (加签).
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Adds a keyword (自定义关键词). A message must contain at least one keyword of the robot.
    #[must_use]
    pub fn keyword(mut self, keyword: impl Into<String>) -> Self {
        self.keywords.push(keyword.into());
        self
    }

    /// Sets the name in the chat and in the log.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl fmt::Debug for RobotConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobotConfig")
            .field("name", &self.name)
            .field("token", &"…")
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .field("keywords", &self.keywords)
            .finish()
    }
}

/// Builder of a [`Sandbox`](crate::Sandbox).
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    pub(crate) port: u16,
    pub(crate) robots: Vec<RobotConfig>,
    pub(crate) rate_per_minute: Option<u32>,
    pub(crate) rate_window: Duration,
    pub(crate) block: Duration,
    pub(crate) deduplicate: bool,
    pub(crate) log_capacity: usize,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            port: 0,
            robots: Vec::new(),
            rate_per_minute: Some(RATE_PER_MINUTE),
            rate_window: RATE_WINDOW,
            block: BLOCK,
            deduplicate: true,
            log_capacity: LOG_CAPACITY,
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

    /// Sets the number of messages that are accepted from a robot in any [minute](Self::rate_window) (20 by default);
    /// one more blocks the robot. `None` removes the limit.
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

    /// Sets the time for which a robot that sent too fast is refused (ten minutes by default).
    pub fn block(mut self, block: Duration) -> Self {
        self.block = block;
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
    pub fn log_capacity(mut self, requests: usize) -> Self {
        self.log_capacity = requests;
        self
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

/// Returns 64 random hexadecimal digits. The standard library seeds its hash maps from the system's randomness. That is
/// enough for a robot that exists only on this machine, so a dependency is not worth it.
pub(crate) fn random_hex() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}{:016x}{:016x}", word(), word(), word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_token_and_secret() {
        let robot = RobotConfig::new("visible-token").secret("visible-secret").name("CPU");
        let builder = Builder::new().robot(robot.clone());
        for shown in [format!("{robot:?}"), format!("{builder:#?}")] {
            assert!(shown.contains("CPU"));
            assert!(!shown.contains("visible"), "{shown}");
        }
    }

    #[test]
    fn random_robots_differ() {
        let (one, two) = (RobotConfig::random(), RobotConfig::random());
        assert_eq!(one.token.len(), 64);
        assert_ne!(one.token, two.token);
        assert_ne!(one.secret, two.secret);
    }
}
