//! Dead letters: notifications that were given up, with the reason.

use std::{fmt, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Envelope, Error, ErrorKind};

/// A notification that a queue has given up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Lane in which it waited.
    pub lane: String,
    /// Envelope of the notification.
    pub envelope: Envelope,
    /// Reason by which it is counted.
    pub loss: Loss,
    /// Last failure.
    pub failure: Failure,
    /// Number of attempts that counted.
    pub attempts: u32,
    /// Set if an attempt may have arrived: look in the group before you send it again.
    pub may_have_arrived: bool,
    /// Time at which it was given up, by the store's clock.
    pub at: SystemTime,
}

impl DeadLetter {
    /// Creates a dead letter of a notification that was given up at this time.
    pub fn new(
        lane: impl Into<String>,
        envelope: Envelope,
        loss: Loss,
        failure: Failure,
        at: SystemTime,
    ) -> Self {
        Self { lane: lane.into(), envelope, loss, failure, attempts: 0, may_have_arrived: false, at }
    }
}

/// The part of an [`Error`] that a store keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// Kind of the failure.
    pub kind: ErrorKind,
    /// Text of the failure with its advice. It contains no secret, and nothing of the message: the server's text, which
    /// may repeat it, is left out.
    pub text: String,
}

impl Failure {
    /// Creates a failure with this text.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::new(error.kind(), error.without_content().to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reason for which a queue gave a notification up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// The notification expired.
    Expired,
    /// DingTalk refused the notification, or it cannot be sent.
    Refused(ErrorKind),
    /// All allowed attempts failed, the last one with this kind.
    TooManyAttempts(ErrorKind),
    /// The notification may have arrived, and the guarantee does not allow a retry.
    Unknown,
    /// The queue was full, and an urgent notification took its place.
    Displaced,
    /// The queue ended while the notification waited in memory. It is not a dead letter: those are kept in memory, too.
    Dropped,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("expired"),
            Self::Refused(kind) => write!(f, "refused ({kind:?})"),
            Self::TooManyAttempts(kind) => write!(f, "too many attempts ({kind:?})"),
            Self::Unknown => f.write_str("unknown"),
            Self::Displaced => f.write_str("displaced"),
            Self::Dropped => f.write_str("dropped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_repeats_nothing_of_the_message() {
        let error = Error::new(ErrorKind::ForbiddenContent, "as told")
            .with_answer(Some(430_101), Some("unsafe words in: the secret plan".to_owned()));
        let failure = Failure::from(&error);
        assert!(!failure.text.contains("secret plan"), "{failure}");
        assert!(failure.text.contains("(as told): DingTalk answered 430101. "), "{failure}");
        let invalid = Error::new(ErrorKind::Invalid, "host: \"secret plan\" is too long");
        assert!(!Failure::from(&invalid).text.contains("secret plan"));
    }
}
