//! Notifications that were given up, and why.

use std::{fmt, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Envelope, Error, ErrorKind};

/// A notification that a queue has given up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The lane that it waited in.
    pub lane: String,
    /// The notification.
    pub envelope: Envelope,
    /// By what it is counted.
    pub loss: Loss,
    /// The last failure.
    pub failure: Failure,
    /// How many attempts were counted.
    pub attempts: u32,
    /// An attempt may have arrived: look in the group before it is sent again.
    pub may_have_arrived: bool,
    /// When it was given up, by the store's clock.
    pub at: SystemTime,
}

impl DeadLetter {
    /// A notification that was given up at this time.
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

/// A failure that can be stored: what is kept of an [`Error`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The same in words, and what to do. Holds no secret; it may hold words of the server, which may repeat the message.
    pub text: String,
}

impl Failure {
    /// A failure in words.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a queue gave a notification up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// Its expiry passed.
    Expired,
    /// It was refused for what it is, or cannot be sent.
    Refused(ErrorKind),
    /// As many attempts as allowed failed; the last one like this.
    TooManyAttempts(ErrorKind),
    /// It may have arrived, and may not be repeated.
    Unknown,
    /// The queue ended while it waited in memory. It is no dead letter: those are in memory, too.
    Dropped,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("expired"),
            Self::Refused(kind) => write!(f, "refused ({kind:?})"),
            Self::TooManyAttempts(kind) => write!(f, "too many attempts ({kind:?})"),
            Self::Unknown => f.write_str("unknown"),
            Self::Dropped => f.write_str("dropped"),
        }
    }
}
