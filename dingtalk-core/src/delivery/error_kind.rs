//! What went wrong, as a person or a program tells failures apart.

use serde::{Deserialize, Serialize};

/// What went wrong, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The notification's own values are at fault; nothing was sent.
    Invalid,
    /// The robot is not set up right; nothing was sent.
    Configuration,
    /// There is no robot of the name that the envelope holds; nothing was sent. The error lists the names that there are.
    UnknownRobot,
    /// The envelope's expiry passed before the message could be sent; nothing was sent.
    Expired,
    /// Too many messages wait for this robot: the message would have waited longer than it may. Nothing was sent.
    RateLimited,
    /// As many notifications wait in the queue as it holds: this one was not taken.
    QueueFull,
    /// The queue was shut down: the notification was not taken.
    QueueClosed,
    /// The queue's store failed: the notification may have been taken.
    Store,
    /// No connection was made (name not resolved, refused, connect timeout, TLS): the message certainly did not arrive.
    NotSent,
    /// The request left and no readable answer came back: the message may have arrived.
    Unknown,
    /// None of the robot's keywords is in the message (310000).
    Keyword,
    /// The signature is missing or does not match (310000).
    Signature,
    /// The signature's timestamp is more than an hour off (310000).
    Clock,
    /// This machine's address is not on the robot's list (310000).
    IpNotAllowed,
    /// The robot's security settings refuse the message, and the wording is not one that we know (310000).
    SecurityCheck,
    /// DingTalk does not know the access token (400101, 300001, 300005).
    UnknownToken,
    /// The robot was stopped (400102).
    RobotStopped,
    /// The robot does not exist or is no longer in the group (400106).
    RobotMissing,
    /// The group was dissolved (400013).
    GroupDissolved,
    /// The robot does not take this type of message (400105).
    UnsupportedType,
    /// A parameter of the message is missing or empty (40035, 4002xx to 4006xx).
    MissingParameter,
    /// The message is over the size limit (460101, 101002, or found before sending).
    TooLong,
    /// The content was judged unsafe: a link, words, or a picture (430101 to 430104).
    ForbiddenContent,
    /// Too many messages in a minute: the robot is blocked, for ten minutes as documented (130101, 410100, 429).
    Throttled,
    /// Too many calls from this machine's address: all its robots are blocked, for five minutes as documented.
    AddressBlocked,
    /// The organisation's calls of this month, or the robot's share of them, are used up (90030, 90020).
    QuotaExhausted,
    /// DingTalk is busy or has an internal error (-1, 500100, 90002, 90018).
    Busy,
    /// DingTalk did not understand the request (300001, 43002, 43004).
    BadRequest,
    /// Refused with a code that we do not know.
    Refused,
}

/// Whether and how a failed message may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retry {
    /// Nothing was sent: repeating cannot post the message twice.
    Safe,
    /// Only later ([`Error::retry_after`](super::Error::retry_after) says when): until then every attempt fails.
    AfterRest,
    /// Only with the same [`Envelope::id`](super::Envelope::id), under which DingTalk recognises a repetition.
    SameId,
    /// Repeating does not help: something has to be changed first.
    Never,
}

impl ErrorKind {
    /// Whether and how a message that failed like this may be sent again.
    pub fn retry(self) -> Retry {
        match self {
            Self::NotSent | Self::QueueFull => Retry::Safe,
            Self::RateLimited | Self::Throttled | Self::AddressBlocked => Retry::AfterRest,
            // A queue takes an id once.
            Self::Unknown | Self::Busy | Self::Store => Retry::SameId,
            // The clock too: each attempt is signed anew already.
            Self::Expired
            | Self::Invalid
            | Self::Configuration
            | Self::UnknownRobot
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
