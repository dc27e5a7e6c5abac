//! The status of an answer: definitions list these words, and answers use them.

use dingtalk_core::{
    Error, ErrorKind,
    delivery::{Outcome, Retry},
};
use serde::{Serialize, Serializer};

/// The outcome of a call, as agents and programs read it.
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
    /// The group has received the message.
    Delivered,
    /// Nothing was sent: the same call has just delivered the message.
    Duplicate,
    /// Nothing was sent: the server only shows what it would send.
    DryRun,
    /// A queue has accepted the message, and will deliver it.
    Queued,
    /// The message was not sent, and will not be unless something changes.
    Refused,
    /// The message was not sent, because the rate limit is reached.
    Throttled,
    /// The request was sent, and its outcome is not known: the message may have arrived.
    Unknown,
}

impl CallStatus {
    /// All statuses, in the order of the definitions.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::Duplicate,
        Self::DryRun,
        Self::Queued,
        Self::Refused,
        Self::Throttled,
        Self::Unknown,
    ];

    /// Returns the word in an answer.
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

    /// Returns the meaning for an agent, unless the word says it.
    pub const fn meaning(self) -> Option<&'static str> {
        match self {
            Self::Delivered => None,
            Self::Duplicate => Some("already delivered; not sent again"),
            Self::DryRun => Some("not sent; shown only"),
            Self::Queued => Some("will be sent; do not repeat"),
            Self::Refused => Some("not sent; follow the advice"),
            Self::Throttled => Some("not sent; call again later"),
            Self::Unknown => Some("may have arrived; do not repeat"),
        }
    }
}

impl From<Outcome> for CallStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::Queued | Outcome::Deferred | Outcome::Merged => Self::Queued,
            Outcome::Suppressed => Self::Duplicate,
            // An outcome that is newer than this program.
            _ => Self::Unknown,
        }
    }
}

/// An agent cannot repeat a call under the same id: an error that allows only that is unknown to it.
impl From<ErrorKind> for CallStatus {
    fn from(kind: ErrorKind) -> Self {
        match kind.retry() {
            Retry::Safe | Retry::Never => Self::Refused,
            Retry::AfterRest => Self::Throttled,
            // `SameId`, and kinds that are newer than this program.
            _ => Self::Unknown,
        }
    }
}

/// The status of its kind, except for a split message with delivered parts, which is never reported as not sent.
impl From<&Error> for CallStatus {
    fn from(error: &Error) -> Self {
        if error.delivered_parts().is_empty() { error.kind().into() } else { Self::Unknown }
    }
}

/// Writes the word in an answer.
impl Serialize for CallStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
