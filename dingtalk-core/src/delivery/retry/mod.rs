//! What to do after an attempt has failed: pure, but for the jitter.

mod budget;

use std::time::Duration;

pub(crate) use self::budget::RetryBudget;
use super::{ErrorKind, Retry};

/// What is promised where it is not known whether an attempt arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Guarantee {
    /// It is repeated, with the same id. DingTalk documents that it shows a message with a known `msgUuid` once; this
    /// was not verified, and for how long it knows one is not documented. Without that, the group may see it twice.
    #[default]
    AtLeastOnce,
    /// It is not repeated: the send fails as [`ErrorKind::Unknown`], and the group sees the message once or never.
    AtMostOnce,
}

/// What comes after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the failure is the result.
    Stop,
    /// Another attempt at once, signed anew.
    Now,
    /// Another attempt after the rest that has begun.
    AfterRest,
    /// Another attempt after a pause.
    AfterBackoff,
}

/// Decides what comes after a failure of this kind; `resigned` is whether the clock was doubted before.
pub(crate) fn next(kind: ErrorKind, guarantee: Guarantee, resigned: bool) -> Next {
    match (kind.retry(), kind) {
        // A clock that was set in the meantime, or a request that was on its way for long.
        (_, ErrorKind::Clock) if !resigned => Next::Now,
        (Retry::SameId, ErrorKind::Unknown) if guarantee == Guarantee::AtMostOnce => Next::Stop,
        (Retry::Safe | Retry::SameId, _) => Next::AfterBackoff,
        (Retry::AfterRest, _) => Next::AfterRest,
        (Retry::Never, _) => Next::Stop,
    }
}

/// How long to pause before another attempt: any time up to a bound that doubles ("full jitter"), so that senders that
/// failed together do not come back together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    /// Any number from 0 up to 1.
    pub(crate) jitter: fn() -> f64,
}

impl Backoff {
    /// The pause after `failures` failed attempts, at least one.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap).mul_f64((self.jitter)().clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_each_class() {
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
    fn a_pause_doubles_up_to_its_cap_and_jitters_down_to_nothing() {
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(5));
        let most = Backoff { base, cap, jitter: || 1.0 };
        assert_eq!([1, 2, 3, 4, 99].map(|failures| most.pause(failures).as_secs()), [1, 2, 4, 5, 5]);
        let half = Backoff { base, cap, jitter: || 0.5 };
        assert_eq!(half.pause(2), Duration::from_secs(1));
        let none = Backoff { base, cap, jitter: || 0.0 };
        assert_eq!(none.pause(3), Duration::ZERO);
    }
}
