//! A robot of the sandbox: its webhook and security settings.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    net::IpAddr,
};

/// Beginning of the token of [`RobotConfig::development`], which says what it is.
const DEVELOPMENT_TOKEN: &str = "sandbox-development";

/// Secret of [`RobotConfig::development`]. It has the prefix of DingTalk's own, and says what it is.
const DEVELOPMENT_SECRET: &str = "SEC-sandbox-development-only";

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
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) quota: Option<u64>,
    pub(crate) is_for_development: bool,
}

impl RobotConfig {
    /// Creates a robot that checks only its access token.
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            secret: None,
            keywords: Vec::new(),
            name: None,
            addresses: Vec::new(),
            quota: None,
            is_for_development: false,
        }
    }

    /// Creates a robot with a token and a secret that are always the same, so that the settings of a program stay valid
    /// over restarts of the sandbox. They are public: the robot refuses a request that was not sent to a loopback name,
    /// such as that of a web site which points its own name to this machine.
    ///
    /// The name distinguishes several robots; it is a part of the token.
    #[must_use]
    pub fn development(name: impl Into<String>) -> Self {
        let name = name.into();
        let robot = Self::new(format!("{DEVELOPMENT_TOKEN}-{name}")).secret(DEVELOPMENT_SECRET).name(name);
        Self { is_for_development: true, ..robot }
    }

    /// Creates a robot with a random token and secret in the format of DingTalk's own.
    #[must_use]
    pub fn random() -> Self {
        Self::new(random_hex()).secret(format!("SEC{}", random_hex()))
    }

    /// Replaces the token. A robot [for development](Self::development) is then no longer public.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self.is_for_development = false;
        self
    }

    /// Requires no signature.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.secret = None;
        self
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

    /// Accepts requests only from this address and the others that are added (IP 地址段). Requests arrive over loopback,
    /// so any other address than 127.0.0.1 makes the robot refuse them as DingTalk refuses a foreign server.
    #[must_use]
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Sets the number of messages that are accepted until the sandbox ends, as the quota of a month. Each further one
    /// is refused.
    #[must_use]
    pub fn quota(mut self, messages: u64) -> Self {
        self.quota = Some(messages);
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
            .field("addresses", &self.addresses)
            .field("quota", &self.quota)
            .field("is_for_development", &self.is_for_development)
            .finish()
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
    use crate::config::Builder;

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
