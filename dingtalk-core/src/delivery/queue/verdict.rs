//! Decisions after a failed attempt. Pure, except for the jitter.

use std::time::Duration;

use super::schedule::Schedule;
use crate::{
    Error, ErrorKind,
    delivery::{Guarantee, Pace, Retry},
    queue::store::Loss,
};

/// Minimum length of a rest.
const SHORTEST_REST: Duration = Duration::from_secs(1);

/// Decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Next step for the item.
    pub(super) item: Fate,
    /// Rest of the robot, which applies to all messages that it sends.
    pub(super) rest: Option<Rest>,
}

/// Next step for an item whose attempt has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Another attempt after a delay.
    Again(Duration),
    /// Another attempt after the robot's rest; the failed one does not count.
    AfterRest,
    /// No further attempt.
    Dead(Loss),
    /// Attempts for the members of the digest, one by one.
    Unmerge,
}

/// A robot's rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) length: Duration,
    /// Set if all robots of this machine are blocked.
    pub(super) all: bool,
}

/// Settings on which a decision depends.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) schedule: Schedule,
    pub(super) guarantee: Guarantee,
    /// Pause of a lane whose robot needs attention.
    pub(super) pause: Duration,
}

impl Rules {
    /// Decides after attempt number `attempts` has failed.
    pub(super) fn judge(&self, error: &Error, attempts: u32, is_digest: bool) -> Verdict {
        let kind = error.kind();
        let known = error.retry_after().map(|rest| rest.max(SHORTEST_REST));
        let again = || match self.schedule.pause(attempts, kind) {
            Some(pause) => Fate::Again(pause),
            None if kind == ErrorKind::Unknown => Fate::Dead(Loss::Unknown),
            None => Fate::Dead(Loss::TooManyAttempts(kind)),
        };
        let rest = |length| Some(Rest { length, all: kind == ErrorKind::AddressBlocked });
        match (kind, kind.retry()) {
            (ErrorKind::Expired, _) => Verdict { item: Fate::Dead(Loss::Expired), rest: None },
            (ErrorKind::Unknown, _) if self.guarantee == Guarantee::AtMostOnce => {
                Verdict { item: Fate::Dead(Loss::Unknown), rest: known.and_then(rest) }
            }
            (ErrorKind::QuotaExhausted, _) | (_, Retry::AfterRest) => {
                let length = known.unwrap_or(match kind {
                    ErrorKind::Throttled => Pace::REST,
                    ErrorKind::AddressBlocked => Pace::ADDRESS_REST,
                    ErrorKind::QuotaExhausted => self.pause,
                    _ => self.schedule.delay(1),
                });
                Verdict { item: Fate::AfterRest, rest: rest(length) }
            }
            _ if concerns_robot(kind) => {
                // After the pause, the other messages are sent first, in case this one is the cause.
                let item = match again() {
                    Fate::Again(pause) => Fate::Again(self.pause + pause),
                    other => other,
                };
                Verdict { item, rest: rest(self.pause) }
            }
            (_, Retry::Safe | Retry::SameId) => Verdict { item: again(), rest: known.and_then(rest) },
            (_, Retry::Never) if is_digest => Verdict { item: Fate::Unmerge, rest: None },
            (_, Retry::Never) => Verdict { item: Fate::Dead(Loss::Refused(kind)), rest: None },
        }
    }
}

/// Reports whether every message to this robot would fail in the same way, until a person has repaired its settings.
///
/// [`Keyword`](ErrorKind::Keyword) is not such a failure: other messages may contain one.
fn concerns_robot(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Signature
            | ErrorKind::Clock
            | ErrorKind::IpNotAllowed
            | ErrorKind::SecurityCheck
            | ErrorKind::UnknownToken
            | ErrorKind::RobotStopped
            | ErrorKind::RobotMissing
            | ErrorKind::GroupDissolved
    )
}

#[cfg(test)]
mod tests {
    use super::{super::schedule::RETRY_DELAYS, *};

    const MINUTE: Duration = Duration::from_secs(60);

    fn rules(guarantee: Guarantee) -> Rules {
        let schedule = Schedule { delays: RETRY_DELAYS.to_vec(), attempts: 6, jitter: || 0.5 };
        Rules { schedule, guarantee, pause: 15 * MINUTE }
    }

    fn judge(kind: ErrorKind, attempts: u32) -> Verdict {
        rules(Guarantee::AtLeastOnce).judge(&Error::new(kind, ""), attempts, false)
    }

    #[test]
    fn each_class_has_its_verdict() {
        use ErrorKind as Kind;
        let again = |seconds| Fate::Again(Duration::from_secs(seconds));
        let rest = |minutes, all| Some(Rest { length: minutes * MINUTE, all });
        for (kind, attempts, item, rest) in [
            (Kind::NotSent, 1, again(5), None),
            (Kind::NotSent, 5, again(1800), None),
            (Kind::NotSent, 6, Fate::Dead(Loss::TooManyAttempts(Kind::NotSent)), None),
            (Kind::Busy, 3, again(120), None),
            (Kind::Busy, 4, Fate::Dead(Loss::TooManyAttempts(Kind::Busy)), None),
            (Kind::Unknown, 2, again(30), None),
            (Kind::Unknown, 3, Fate::Dead(Loss::Unknown), None),
            (Kind::QueueFull, 1, again(5), None),
            (Kind::Throttled, 9, Fate::AfterRest, rest(10, false)),
            (Kind::AddressBlocked, 9, Fate::AfterRest, rest(5, true)),
            (Kind::QuotaExhausted, 9, Fate::AfterRest, rest(15, false)),
            (Kind::RobotStopped, 1, again(15 * 60 + 5), rest(15, false)),
            (Kind::UnknownToken, 2, again(15 * 60 + 30), rest(15, false)),
            (Kind::Signature, 6, Fate::Dead(Loss::TooManyAttempts(Kind::Signature)), rest(15, false)),
            (Kind::Keyword, 1, Fate::Dead(Loss::Refused(Kind::Keyword)), None),
            (Kind::ForbiddenContent, 1, Fate::Dead(Loss::Refused(Kind::ForbiddenContent)), None),
            (Kind::Configuration, 1, Fate::Dead(Loss::Refused(Kind::Configuration)), None),
            (Kind::Expired, 1, Fate::Dead(Loss::Expired), None),
        ] {
            assert_eq!(judge(kind, attempts), Verdict { item, rest }, "{kind:?} after attempt {attempts}");
        }
        let rest = judge(Kind::RateLimited, 1).rest.unwrap();
        assert_eq!(rest.length, Duration::from_secs(5));
    }

    #[test]
    fn a_rest_lasts_as_long_as_the_robot_says() {
        for (kind, item) in [
            (ErrorKind::RateLimited, Fate::AfterRest),
            (ErrorKind::QuotaExhausted, Fate::AfterRest),
            // A gateway's page: the message may have arrived, and the robot rests.
            (ErrorKind::Unknown, Fate::Again(Duration::from_secs(5))),
        ] {
            for (after, length) in [(3 * MINUTE, 3 * MINUTE), (Duration::ZERO, SHORTEST_REST)] {
                let error = Error::new(kind, "").with_retry_after(after);
                let verdict = rules(Guarantee::AtLeastOnce).judge(&error, 1, false);
                assert_eq!(verdict, Verdict { item, rest: Some(Rest { length, all: false }) }, "{kind:?}");
            }
        }
    }

    #[test]
    fn at_most_once_repeats_nothing_that_may_have_arrived() {
        let judge = |kind| rules(Guarantee::AtMostOnce).judge(&Error::new(kind, ""), 1, false).item;
        assert_eq!(judge(ErrorKind::Unknown), Fate::Dead(Loss::Unknown));
        assert_eq!(judge(ErrorKind::NotSent), Fate::Again(Duration::from_secs(5)));
    }

    #[test]
    fn a_refused_digest_is_taken_apart_and_nothing_else_is() {
        for kind in [ErrorKind::ForbiddenContent, ErrorKind::Keyword, ErrorKind::Refused] {
            let verdict = rules(Guarantee::AtLeastOnce).judge(&Error::new(kind, ""), 1, true);
            assert_eq!(verdict.item, Fate::Unmerge, "{kind:?}");
        }
        for kind in [ErrorKind::NotSent, ErrorKind::RobotStopped, ErrorKind::Expired, ErrorKind::Throttled] {
            let verdict = rules(Guarantee::AtLeastOnce).judge(&Error::new(kind, ""), 1, true);
            assert_ne!(verdict.item, Fate::Unmerge, "{kind:?}");
        }
    }
}
