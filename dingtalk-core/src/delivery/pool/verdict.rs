//! What a pool makes of a robot's failure.

use crate::{Error, ErrorKind};

/// What comes after a failure of which it is certain that the message did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No other robot would fare better, or the message is at fault.
    Stop,
    /// Another robot may take it.
    Next,
    /// Another robot may take it, and this one is not asked again for a while.
    SetAside,
    /// A robot at another address may take it.
    NextAddress,
    /// All robots of this machine rest.
    AllRest,
}

pub(super) fn verdict(error: &Error) -> Verdict {
    use ErrorKind as Kind;
    match error.kind() {
        // The robot is gone or set up wrong: somebody has to do something about it.
        Kind::UnknownToken
        | Kind::RobotStopped
        | Kind::RobotMissing
        | Kind::Signature
        | Kind::IpNotAllowed => Verdict::SetAside,
        // Without a pace it does not rest by itself.
        Kind::Throttled | Kind::QuotaExhausted if error.retry_after().is_none() => Verdict::SetAside,
        // Another robot's keywords may be in the message; the next message may hold this one's.
        Kind::Keyword | Kind::SecurityCheck | Kind::RateLimited | Kind::Throttled | Kind::QuotaExhausted => {
            Verdict::Next
        }
        // Its own attempts have failed: those of its neighbours would too.
        Kind::NotSent => Verdict::NextAddress,
        Kind::AddressBlocked => Verdict::AllRest,
        // The group, the message, this machine's clock: the same for all. Or nobody knows.
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
        | Kind::Store => Verdict::Stop,
    }
}
