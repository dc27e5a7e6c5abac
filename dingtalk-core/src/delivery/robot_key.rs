//! Key of a robot in state that several programs share.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Separates a scope from a token. Neither contains this byte, because it does not occur in UTF-8.
const SEPARATOR: u8 = 0xff;

/// Key by which programs recognise the same robot: the SHA-256 of its scope and its token, from which the token cannot
/// be derived.
///
/// The scope is `dingtalk` for DingTalk's servers and for [gateways](super::RobotBuilder::gateway) to them, and
/// otherwise the host and port of the base URL: a sandbox that is used with a real token has a rate of its own.
///
/// `Display` and `Debug` show the first eight hexadecimal digits. They are not those of [`Robot::id`](crate::Robot::id),
/// which has no scope.
///
/// ```
/// use dingtalk_core::Robot;
///
/// let key = |base| Robot::builder("0123abcd").base_url(base).key();
/// assert_eq!(key(Robot::CHINA)?, *Robot::builder("0123abcd").build()?.key());
/// assert_ne!(key(Robot::CHINA)?, key("http://127.0.0.1:8080")?);
/// # Ok::<(), dingtalk_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RobotKey([u8; 32]);

impl RobotKey {
    /// Creates the key of a robot.
    pub(crate) fn new(scope: &str, token: &str) -> Self {
        let digest =
            Sha256::new().chain_update(scope).chain_update([SEPARATOR]).chain_update(token).finalize();
        Self(digest.into())
    }

    /// Returns the name of the lane of these robots in a durable store, in any order.
    pub(crate) fn lane(robots: impl IntoIterator<Item = Self>) -> String {
        let mut keys: Vec<Self> = robots.into_iter().collect();
        keys.sort_unstable();
        let (kind, key) = match keys[..] {
            [Self(key)] => ("robot", key),
            _ => {
                let digest = keys.iter().fold(Sha256::new(), |digest, key| digest.chain_update(key.0));
                ("pool", digest.finalize().into())
            }
        };
        key.iter().fold(format!("{kind}:"), |name, byte| name + &format!("{byte:02x}"))
    }

    /// Creates a key from its bytes, as [`as_bytes`](Self::as_bytes) returns them.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the key, for storing it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RobotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RobotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RobotKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_scope_and_token_and_shows_eight_digits() {
        let key = RobotKey::new("dingtalk", "abc");
        // `printf 'dingtalk\xffabc' | sha256sum`
        assert_eq!(key.to_string(), "ab34dc40");
        assert_eq!(format!("{key:?}"), "RobotKey(ab34dc40)");
        assert_ne!(key, RobotKey::new("dingtalk", "abd"));
        assert_ne!(key, RobotKey::new("dingtalka", "bc"));
        assert_eq!(RobotKey::from_bytes(*key.as_bytes()), key);
    }

    #[test]
    fn a_lane_depends_on_the_robots_and_not_on_their_order() {
        let [a, b] = ["a", "b"].map(|token| RobotKey::new("dingtalk", token));
        let lane = RobotKey::lane([a]);
        assert!(lane.starts_with(&format!("robot:{a}")) && lane.len() == 6 + 64, "{lane}");
        assert_eq!(RobotKey::lane([a, b]), RobotKey::lane([b, a]));
        assert_ne!(RobotKey::lane([a, b]), RobotKey::lane([a, RobotKey::new("dingtalk", "c")]));
    }
}
