//! Kinds of errors, by which people and programs distinguish failures.

use serde::{Deserialize, Serialize};

/// Kind of an error, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value of the notification is invalid; nothing was sent.
    Invalid,
    /// The robot is misconfigured; nothing was sent.
    Configuration,
    /// The robot that the envelope names does not exist; nothing was sent. The error lists the existing names.
    UnknownRobot,
    /// A policy of the sender does not allow the message, or asks for a confirmation that it does not have; nothing was
    /// sent.
    PolicyDenied,
    /// The envelope's expiry passed before the message could be sent; nothing was sent.
    Expired,
    /// Too many messages are waiting for this robot: this one would have waited longer than allowed. Nothing was sent.
    RateLimited,
    /// The queue is full; the notification was not accepted.
    QueueFull,
    /// The queue was shut down, or its runtime has ended; the notification was not accepted.
    QueueClosed,
    /// The queue's store or the robot's rate window failed; a queue may have accepted the notification.
    Store,
    /// The connection failed (name not resolved, refused, connect timeout, TLS); the message did not arrive.
    NotSent,
    /// The request was sent, but no readable answer was received; the message may have arrived.
    Unknown,
    /// The message contains none of the robot's keywords (310000).
    Keyword,
    /// The signature is missing or does not match (310000).
    Signature,
    /// The signature's timestamp is off by more than an hour (310000).
    Clock,
    /// This machine's address is not in the robot's list (310000).
    IpNotAllowed,
    /// The robot's security settings refused the message, with an unknown wording (310000).
    SecurityCheck,
    /// DingTalk does not recognise the access token (400101, 300001, 300005).
    UnknownToken,
    /// The robot was stopped (400102).
    RobotStopped,
    /// The robot does not exist or is no longer in the group (400106).
    RobotMissing,
    /// The group was dissolved (400013).
    GroupDissolved,
    /// The robot does not support this type of message (400105).
    UnsupportedType,
    /// A parameter of the message is missing or empty (40035, 4002xx to 4006xx).
    MissingParameter,
    /// The message exceeds the size limit (460101, 101002, or found before sending).
    TooLong,
    /// DingTalk judged the content unsafe: a link, words, or a picture (430101 to 430104).
    ForbiddenContent,
    /// Too many messages in a minute: the robot is blocked, for ten minutes as documented (130101, 410100, 429).
    Throttled,
    /// Too many calls from this machine's address: all its robots are blocked, for five minutes as documented.
    AddressBlocked,
    /// The organisation's monthly quota of calls, or the robot's share of it, is used up (90030, 90020).
    QuotaExhausted,
    /// DingTalk is busy or has an internal error (-1, 500100, 90002, 90018).
    Busy,
    /// DingTalk did not understand the request (300001, 43002, 43004).
    BadRequest,
    /// DingTalk refused the message with an unknown code.
    Refused,
}

/// Conditions under which a failed message may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retry {
    /// Safe to repeat: nothing was sent, so the message cannot be posted twice.
    Safe,
    /// Only after a rest ([`Error::retry_after`](super::Error::retry_after) returns its length): every earlier attempt
    /// fails.
    AfterRest,
    /// Only with the same [`Envelope::id`](super::Envelope::id), by which DingTalk recognises a retry.
    SameId,
    /// Repeating does not help: something must be changed first.
    Never,
}

impl ErrorKind {
    /// Returns whether and how a message that failed like this may be sent again.
    pub fn retry(self) -> Retry {
        match self {
            Self::NotSent | Self::QueueFull => Retry::Safe,
            Self::RateLimited | Self::Throttled | Self::AddressBlocked => Retry::AfterRest,
            // A queue accepts each id once.
            Self::Unknown | Self::Busy | Self::Store => Retry::SameId,
            // This includes the clock: each attempt is already signed anew.
            Self::Expired
            | Self::Invalid
            | Self::Configuration
            | Self::UnknownRobot
            | Self::PolicyDenied
            | Self::QueueClosed
            | Self::Keyword
            | Self::Signature
            | Self::Clock
            | Self::IpNotAllowed
            | Self::SecurityCheck
            | Self::UnknownToken
            | Self::RobotStopped
            | Self::RobotMissing
            | Self::GroupDissolved
            | Self::UnsupportedType
            | Self::MissingParameter
            | Self::TooLong
            | Self::ForbiddenContent
            | Self::QuotaExhausted
            | Self::BadRequest
            | Self::Refused => Retry::Never,
        }
    }
}
