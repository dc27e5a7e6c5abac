//! A pool's reaction to a robot's failure.

use crate::{Error, ErrorKind};

/// Next step after a failure in which the message certainly did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Stop: other robots would fail too, or the message is invalid.
    Stop,
    /// Try another robot.
    Next,
    /// Try another robot, and set this one aside for a while.
    SetAside,
    /// Try a robot at another address.
    NextAddress,
    /// Let all robots of this machine rest.
    AllRest,
}

pub(super) fn verdict(error: &Error) -> Verdict {
    use ErrorKind as Kind;
    match error.kind() {
        // The robot was removed or is misconfigured, and a person must correct it.
        Kind::UnknownToken
        | Kind::RobotStopped
        | Kind::RobotMissing
        | Kind::Signature
        | Kind::IpNotAllowed => Verdict::SetAside,
        // Without a rate limit of its own, the robot does not rest by itself.
        Kind::Throttled | Kind::QuotaExhausted if error.retry_after().is_none() => Verdict::SetAside,
        // Another robot's keywords may be in the message, and this robot's in the next message.
        Kind::Keyword | Kind::SecurityCheck | Kind::RateLimited | Kind::Throttled | Kind::QuotaExhausted => {
            Verdict::Next
        }
        // The robot's own attempts have failed: those of robots at the same address would fail too.
        Kind::NotSent => Verdict::NextAddress,
        Kind::AddressBlocked => Verdict::AllRest,
        // The cause is the group, the message or this machine's clock, which all robots share; or it is unknown.
        Kind::GroupDissolved
        | Kind::Clock
        | Kind::Invalid
        | Kind::Configuration
        | Kind::UnknownRobot
        | Kind::Expired
        | Kind::Unknown
        | Kind::UnsupportedType
        | Kind::MissingParameter
        | Kind::TooLong
        | Kind::ForbiddenContent
        | Kind::Busy
        | Kind::BadRequest
        | Kind::Refused
        | Kind::QueueFull
        | Kind::QueueClosed
        | Kind::PolicyDenied
        | Kind::Store => Verdict::Stop,
    }
}
