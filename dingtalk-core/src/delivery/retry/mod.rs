//! Decisions after a failed attempt: pure functions, except for the jitter.

mod budget;

use std::time::Duration;

pub(crate) use self::budget::RetryBudget;
use super::{ErrorKind, Retry};

/// Guarantee for an attempt whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Guarantee {
    /// Retries with the same id. DingTalk documents that it shows a message with a known `msgUuid` only once; this was
    /// not verified, and it is not documented for how long an id is known. Otherwise, the group may see the message
    /// twice.
    #[default]
    AtLeastOnce,
    /// Does not retry: the send fails with [`ErrorKind::Unknown`], and the group sees the message once or never.
    AtMostOnce,
}

/// Next step after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// No further attempt: the failure is the result.
    Stop,
    /// An immediate attempt, signed anew.
    Now,
    /// An attempt after the rest that has begun.
    AfterRest,
    /// An attempt after a pause.
    AfterBackoff,
}

/// Returns the next step after a failure of this kind; `resigned` is set if an earlier failure was already signed anew.
pub(crate) fn next(kind: ErrorKind, guarantee: Guarantee, resigned: bool) -> Next {
    match (kind.retry(), kind) {
        // The clock was set in the meantime, or the request took very long.
        (_, ErrorKind::Clock) if !resigned => Next::Now,
        (Retry::SameId, ErrorKind::Unknown) if guarantee == Guarantee::AtMostOnce => Next::Stop,
        (Retry::Safe | Retry::SameId, _) => Next::AfterBackoff,
        (Retry::AfterRest, _) => Next::AfterRest,
        (Retry::Never, _) => Next::Stop,
    }
}

/// Pauses between attempts: a time that doubles, shortened at random by up to half ("equal jitter"), so that senders
/// that failed together do not retry together. Never zero: retries are to outlast a short failure of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    /// Returns a number from 0 up to, but not including, 1.
    pub(crate) jitter: fn() -> f64,
}

impl Backoff {
    /// Returns the pause after `failures` failed attempts, at least one.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let longest = self.base.saturating_mul(1 << doublings).min(self.cap);
        longest.mul_f64(0.5 + (self.jitter)().clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_failure_has_a_next_step() {
        use ErrorKind as Kind;
        for (kind, at_least_once, at_most_once) in [
            (Kind::NotSent, Next::AfterBackoff, Next::AfterBackoff),
            (Kind::Busy, Next::AfterBackoff, Next::AfterBackoff),
            (Kind::Unknown, Next::AfterBackoff, Next::Stop),
            (Kind::Throttled, Next::AfterRest, Next::AfterRest),
            (Kind::AddressBlocked, Next::AfterRest, Next::AfterRest),
            (Kind::Clock, Next::Now, Next::Now),
            (Kind::QuotaExhausted, Next::Stop, Next::Stop),
            (Kind::Signature, Next::Stop, Next::Stop),
            (Kind::TooLong, Next::Stop, Next::Stop),
            (Kind::Refused, Next::Stop, Next::Stop),
        ] {
            assert_eq!(next(kind, Guarantee::AtLeastOnce, false), at_least_once, "{kind:?}");
            assert_eq!(next(kind, Guarantee::AtMostOnce, false), at_most_once, "{kind:?}");
        }
        assert_eq!(next(Kind::Clock, Guarantee::AtLeastOnce, true), Next::Stop);
    }

    #[test]
    fn a_pause_doubles_up_to_its_cap_and_jitters_down_to_half() {
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(5));
        let most = Backoff { base, cap, jitter: || 1.0 };
        assert_eq!([1, 2, 3, 4, 99].map(|failures| most.pause(failures).as_secs()), [1, 2, 4, 5, 5]);
        let middle = Backoff { base, cap, jitter: || 0.5 };
        assert_eq!(middle.pause(2), Duration::from_millis(1500));
        let least = Backoff { base, cap, jitter: || 0.0 };
        assert_eq!([1, 2, 3, 4].map(|failures| least.pause(failures).as_millis()), [500, 1000, 2000, 2500]);
    }
}
