//! The first thing that an answer says. Definitions promise these words, and answers are made of them.

use dingtalk_core::{
    Error, ErrorKind,
    delivery::{Outcome, Retry},
};
use serde::{Serialize, Serializer};

/// What became of the message that a call was to send.
///
/// ```
/// use dingtalk_core::ErrorKind;
/// use dingtalk_notify::CallStatus;
///
/// assert_eq!(CallStatus::from(ErrorKind::Signature), CallStatus::Refused);
/// assert_eq!(CallStatus::from(ErrorKind::Unknown).as_str(), "unknown");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallStatus {
    /// The group has it.
    Delivered,
    /// Nothing was sent: the same call has delivered it a moment ago.
    Duplicate,
    /// Nothing was sent: the server only shows what it would send.
    DryRun,
    /// A queue has it, and will deliver it.
    Queued,
    /// It was not sent, and will not be as it is.
    Refused,
    /// It was not sent because too many were.
    Throttled,
    /// The request left, and nobody said what became of it.
    Unknown,
}

impl CallStatus {
    /// All of them, as definitions list them.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::Duplicate,
        Self::DryRun,
        Self::Queued,
        Self::Refused,
        Self::Throttled,
        Self::Unknown,
    ];

    /// The word in an answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Duplicate => "duplicate",
            Self::DryRun => "dry_run",
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }

    /// What it means for an agent, where the word does not say it.
    pub const fn meaning(self) -> Option<&'static str> {
        match self {
            Self::Delivered => None,
            Self::Duplicate => Some("not sent again; the group has it"),
            Self::DryRun => Some("not sent; only shown"),
            Self::Queued => Some("will be sent; do not repeat"),
            Self::Refused => Some("not sent; follow the advice"),
            Self::Throttled => Some("not sent; repeat later"),
            Self::Unknown => Some("may have arrived; do not repeat"),
        }
    }
}

impl From<Outcome> for CallStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::Queued | Outcome::Deferred | Outcome::Merged => Self::Queued,
            // An outcome that is newer than this program.
            _ => Self::Unknown,
        }
    }
}

/// An agent that repeats a call cannot repeat its id: what may only be repeated with the same id is unknown to it.
impl From<ErrorKind> for CallStatus {
    fn from(kind: ErrorKind) -> Self {
        match kind.retry() {
            Retry::Safe | Retry::Never => Self::Refused,
            Retry::AfterRest => Self::Throttled,
            // `SameId`, and what is newer than this program.
            _ => Self::Unknown,
        }
    }
}

/// As its kind says; but of a message in parts, of which some were delivered, nobody may say that it was not sent.
impl From<&Error> for CallStatus {
    fn from(error: &Error) -> Self {
        if error.delivered_parts().is_empty() { error.kind().into() } else { Self::Unknown }
    }
}

/// The word in an answer.
impl Serialize for CallStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
