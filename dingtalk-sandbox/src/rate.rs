//! The rate limit of a robot.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Extends a block at each request that is refused during it. DingTalk's behaviour is unknown; the sandbox does not.
const REFUSED_REQUESTS_EXTEND_BLOCK: bool = false;

/// Kind of the minute in which a robot's messages are counted. DingTalk documents "per minute", but not which minute is
/// meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Window {
    /// Any span of a minute has at most the limit: the stricter reading.
    #[default]
    Sliding,
    /// The minutes follow each other from the start of the sandbox, and each begins with a count of zero. Around the
    /// end of a minute, up to twice the limit is accepted in quick succession.
    Fixed,
}

/// The limit of a robot's rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimit {
    /// `None` for no limit.
    pub(crate) per_minute: Option<u32>,
    pub(crate) minute: Duration,
    pub(crate) window: Window,
    pub(crate) block: Duration,
}

/// The rate of one robot. It counts accepted requests, including repetitions of an id, but not refused ones.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: RateLimit,
    /// Start of the first fixed minute.
    start: Instant,
    accepted: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit, now: Instant) -> Self {
        Self { limit, start: now, accepted: VecDeque::new(), blocked_until: None }
    }

    /// Reports whether the robot is blocked because it sent too fast.
    pub(crate) fn is_blocked(&mut self, now: Instant) -> bool {
        let blocked = self.blocked_until.is_some_and(|until| now < until);
        if blocked && REFUSED_REQUESTS_EXTEND_BLOCK {
            self.blocked_until = Some(now + self.limit.block);
        }
        blocked
    }

    /// Returns the rest of the block; zero if the robot is not blocked.
    pub(crate) fn blocked_for(&self, now: Instant) -> Duration {
        self.blocked_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Ends a block, and forgets the requests that led to it. Reports whether the robot was blocked.
    pub(crate) fn unblock(&mut self, now: Instant) -> bool {
        let was_blocked = !self.blocked_for(now).is_zero();
        if was_blocked {
            self.blocked_until = None;
            self.accepted.clear();
        }
        was_blocked
    }

    /// Returns the number of requests that count now.
    pub(crate) fn used(&mut self, now: Instant) -> usize {
        self.forget_old(now);
        self.accepted.len()
    }

    fn forget_old(&mut self, now: Instant) {
        let counts = |at: &Instant| match self.limit.window {
            Window::Sliding => now.saturating_duration_since(*at) < self.limit.minute,
            Window::Fixed => self.minute_of(*at) == self.minute_of(now),
        };
        let old = self.accepted.iter().take_while(|at| !counts(at)).count();
        self.accepted.drain(..old);
    }

    /// Returns the number of the fixed minute at this time.
    fn minute_of(&self, at: Instant) -> u128 {
        at.saturating_duration_since(self.start).as_nanos() / self.limit.minute.as_nanos().max(1)
    }

    /// Counts one valid request. If it exceeds the limit, starts a block and returns `false`.
    pub(crate) fn admit(&mut self, now: Instant) -> bool {
        let Some(per_minute) = self.limit.per_minute else { return true };
        self.forget_old(now);
        if self.accepted.len() < per_minute as usize {
            self.accepted.push_back(now);
            true
        } else {
            self.blocked_until = Some(now + self.limit.block);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const BLOCK: Duration = Duration::from_secs(600);

    fn limiter(per_minute: Option<u32>, minute: Duration, window: Window, now: Instant) -> Limiter {
        Limiter::new(RateLimit { per_minute, minute, window, block: BLOCK }, now)
    }

    #[test]
    fn a_request_beyond_the_limit_is_refused() {
        let now = Instant::now();
        let mut limiter = limiter(Some(20), MINUTE, Window::Sliding, now);
        assert!((0..20).all(|_| limiter.admit(now)));
        assert!(!limiter.admit(now));
    }

    #[test]
    fn the_minute_slides() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut limiter = limiter(Some(2), MINUTE, Window::Sliding, start);
        assert!(limiter.admit(at(0)));
        assert!(limiter.admit(at(50)));
        assert!(limiter.admit(at(60)), "the first request is a minute old");
        assert!(!limiter.admit(at(109)), "the last minute has two requests");
    }

    #[test]
    fn the_minute_can_be_shorter() {
        let start = Instant::now();
        let mut limiter = limiter(Some(1), MINUTE / 60, Window::Sliding, start);
        assert!(limiter.admit(start));
        assert!(limiter.admit(start + Duration::from_secs(1)));
        assert!(!limiter.admit(start + Duration::from_millis(1999)));
    }

    #[test]
    fn a_block_ends_even_if_requests_continue() {
        let start = Instant::now();
        let mut limiter = limiter(Some(1), MINUTE, Window::Sliding, start);
        assert!(limiter.admit(start));
        assert!(!limiter.is_blocked(start), "the limit is not exceeded yet");
        assert!(!limiter.admit(start));
        for seconds in [1, 61, 300, 599] {
            assert!(limiter.is_blocked(start + Duration::from_secs(seconds)), "after {seconds} s");
        }
        assert!(!limiter.is_blocked(start + BLOCK));
        assert!(limiter.admit(start + BLOCK));
    }

    #[test]
    fn without_a_limit_every_request_is_admitted() {
        let now = Instant::now();
        let mut limiter = limiter(None, MINUTE, Window::Sliding, now);
        assert!((0..10_000).all(|_| limiter.admit(now)));
    }

    #[test]
    fn a_fixed_minute_begins_anew_at_its_end() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut limiter = limiter(Some(2), MINUTE, Window::Fixed, start);
        assert!(limiter.admit(at(58)) && limiter.admit(at(59)));
        assert_eq!(limiter.used(at(59)), 2);
        assert_eq!(limiter.used(at(60)), 0);
        assert!(limiter.admit(at(60)) && limiter.admit(at(61)), "four in three seconds: two of each minute");
        assert!(!limiter.admit(at(119)));
    }

    #[test]
    fn a_block_that_is_ended_leaves_nothing_behind() {
        let now = Instant::now();
        let mut limiter = limiter(Some(1), MINUTE, Window::Sliding, now);
        assert!(!limiter.unblock(now), "it is not blocked");
        assert!(limiter.admit(now) && !limiter.admit(now));
        assert_eq!(limiter.blocked_for(now + MINUTE), Duration::from_secs(540));
        assert!(limiter.unblock(now));
        assert_eq!((limiter.blocked_for(now), limiter.used(now)), (Duration::ZERO, 0));
        assert!(limiter.admit(now));
    }
}
