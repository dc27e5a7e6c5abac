//! Rules for notifications that occur too often. An envelope carries them, and a queue applies them in each of its
//! lanes.

use std::time::Duration;

/// Suppression of repetitions: of the messages with one key, only one is sent in each span.
///
/// ```
/// use std::time::Duration;
///
/// use dingtalk_core::{Envelope, Message, delivery::Dedupe};
///
/// let rule = Dedupe::new("disk-full web-3", Duration::from_secs(600));
/// let envelope = Envelope::new(Message::text("Disk is full on web-3")).with_dedupe(rule);
/// assert_eq!(envelope.dedupe.unwrap().key, "disk-full web-3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Dedupe {
    /// Identity of the message: messages with the same key are repetitions of each other.
    pub key: String,
    /// Minimum time between two sent messages with the same key.
    pub span: Duration,
}

impl Dedupe {
    /// Allows one message with this key in each span.
    pub fn new(key: impl Into<String>, span: Duration) -> Self {
        Self { key: key.into(), span }
    }
}

/// Limit on the number of messages with one key in any span; the others are counted in the next one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Throttle {
    /// Subject of the limit: messages with the same key share it.
    pub key: String,
    /// Maximum number of messages in a span.
    pub limit: u32,
    /// Length of the span.
    pub span: Duration,
}

impl Throttle {
    /// Allows at most `limit` messages with this key in any span.
    pub fn new(key: impl Into<String>, limit: u32, span: Duration) -> Self {
        Self { key: key.into(), limit, span }
    }
}
