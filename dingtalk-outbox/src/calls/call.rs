//! Calls, what is remembered of them, and how they end.

use std::time::Duration;

use dingtalk_core::delivery::{DeliveredParts, RobotKey};

/// A call, as its repetitions have it too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Everything by which the call is recognised.
    pub key: Vec<u8>,
    /// If the caller chose the key: everything that makes the message. Another message with the same key is refused.
    pub meaning: Option<Vec<u8>>,
    /// Time for which a delivered message is not sent again.
    pub delivered_for: Duration,
    /// Time for which a message that may have arrived keeps its id.
    pub unknown_for: Duration,
    /// Time for which a message is remembered that a durable queue accepted. Longer than the queue keeps messages.
    pub queued_for: Duration,
    /// Id of a queued message of this call whose delivery has ended: the call is a new one. Another id that is queued
    /// meanwhile is not replaced.
    pub settled: Option<String>,
    /// Set if one of several robots sends the message. The robot is recorded before each request, which takes another
    /// transaction, as each part of a split message does.
    pub several_robots: bool,
    /// Set if the call must be remembered longer than this process runs. If the file cannot be used, it is not granted.
    pub durable: bool,
}

impl Call {
    /// Creates a call with this key. A delivered message is remembered for a minute, an unknown outcome for ten, and a
    /// queued message for a week.
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            meaning: None,
            delivered_for: Duration::from_secs(60),
            unknown_for: Duration::from_secs(600),
            queued_for: Duration::from_secs(7 * 24 * 60 * 60),
            settled: None,
            several_robots: false,
            durable: false,
        }
    }

    /// Sets what makes the message of a key that the caller chose.
    #[must_use]
    pub fn meaning(mut self, meaning: impl Into<Vec<u8>>) -> Self {
        self.meaning = Some(meaning.into());
        self
    }

    /// Sets whether one of several robots sends the message.
    #[must_use]
    pub fn several_robots(mut self, several: bool) -> Self {
        self.several_robots = several;
        self
    }

    /// Sets whether the call must be remembered longer than this process runs.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Sets the id of a queued message of this call whose delivery has ended.
    #[must_use]
    pub fn settled(mut self, id: impl Into<String>) -> Self {
        self.settled = Some(id.into());
        self
    }

    /// Sets the times for which a delivered message, an unknown outcome and a queued message are remembered.
    #[must_use]
    pub fn remembered(mut self, delivered: Duration, unknown: Duration, queued: Duration) -> Self {
        (self.delivered_for, self.unknown_for, self.queued_for) = (delivered, unknown, queued);
        self
    }
}

/// State of a call that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallState {
    /// A process that is running sends the message.
    InProgress,
    /// The process that sent the message has ended without an outcome.
    Abandoned,
    /// The message may have arrived.
    Unknown,
    /// The message was delivered.
    Delivered,
    /// A durable queue has accepted the message.
    Queued,
}

/// An earlier delivery of the same message, after which it may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Earlier {
    /// Robot of a pool through which it may have arrived; none if that is not known.
    pub sender: Option<RobotKey>,
    /// Parts of a split message that were delivered.
    pub delivered: Option<DeliveredParts>,
}

/// End of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallEnd {
    /// The message was delivered.
    Delivered,
    /// Nothing was sent.
    NotSent,
    /// The message may have arrived.
    Unknown,
    /// A durable queue has accepted the message.
    Queued,
}
