//! What a sandbox is set up with: its robots and its limits.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    io,
    time::Duration,
};

use crate::log::LOG_CAPACITY;

/// As documented: 20 messages a minute per robot (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

/// The minute of the rate. The documentation says "per minute" and not whether the minute slides; the stricter reading is
/// taken.
pub const RATE_WINDOW: Duration = Duration::from_secs(60);

/// As documented: a robot that sends faster is throttled for ten minutes.
pub const BLOCK: Duration = Duration::from_secs(10 * 60);

/// A robot of the sandbox: what DingTalk's page of a robot shows to its owner.
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
    /// A robot that checks nothing but its access token.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), secret: None, keywords: Vec::new(), name: None }
    }

    /// A robot with a random token and secret, which look like DingTalk's own.
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

    /// Adds a keyword: a message must contain at least one of them (自定义关键词).
    #[must_use]
    pub fn keyword(mut self, keyword: impl Into<String>) -> Self {
        self.keywords.push(keyword.into());
        self
    }

    /// The name in the chat and in the log.
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

/// Sets up a [`Sandbox`](crate::Sandbox).
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

    /// The port on 127.0.0.1; 0 (the default) takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds a robot. Without any, there is one with a random token and secret.
    pub fn robot(mut self, robot: RobotConfig) -> Self {
        self.robots.push(robot);
        self
    }

    /// How many accepted messages a robot may send in any [minute](Self::rate_window) before it is blocked (20 by
    /// default); `None` for no limit.
    pub fn rate_per_minute(mut self, rate: Option<u32>) -> Self {
        self.rate_per_minute = rate;
        self
    }

    /// How long the minute of the rate is (60 seconds by default): shorter for tests that cannot wait. The sender's
    /// window and its rests are to be shortened in proportion, and [`block`](Self::block) with them.
    pub fn rate_window(mut self, window: Duration) -> Self {
        self.rate_window = window;
        self
    }

    /// How long a robot that sent too fast is refused (ten minutes by default).
    pub fn block(mut self, block: Duration) -> Self {
        self.block = block;
        self
    }

    /// Whether a message whose `msgUuid` was accepted from the same robot before is answered as accepted without being
    /// shown again (on by default). That is the field's documented purpose; what DingTalk really answers to a
    /// repetition, and for how long it remembers, is unknown. The sandbox remembers as long as its log holds the
    /// message.
    pub fn deduplicate(mut self, deduplicate: bool) -> Self {
        self.deduplicate = deduplicate;
        self
    }

    /// How many requests the log holds (1000 by default), and with them the ids by which repetitions are recognised.
    pub fn log_capacity(mut self, requests: usize) -> Self {
        self.log_capacity = requests;
        self
    }

    /// Gives every robot a name, and the sandbox a robot where it has none.
    ///
    /// # Errors
    ///
    /// Two robots share a token or a name.
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
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "two robots share a token or a name"));
        }
        Ok(self)
    }
}

/// 64 random hexadecimal digits. The standard library seeds its hash maps from the system's randomness; that is enough
/// for a robot that exists on this machine only, and no reason for a dependency.
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
