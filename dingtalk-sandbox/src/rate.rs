//! The rate limit of a robot.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Extends a block at each request that is refused during it. DingTalk's behaviour is unknown; the sandbox does not.
const REFUSED_REQUESTS_EXTEND_BLOCK: bool = false;

/// The rate limit of one robot. It counts accepted requests, including repetitions of an id, but not refused ones.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_minute: Option<u32>,
    minute: Duration,
    block: Duration,
    accepted: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(per_minute: Option<u32>, minute: Duration, block: Duration) -> Self {
        Self { per_minute, minute, block, accepted: VecDeque::new(), blocked_until: None }
    }

    /// Reports whether the robot is blocked because it sent too fast.
    pub(crate) fn is_blocked(&mut self, now: Instant) -> bool {
        let blocked = self.blocked_until.is_some_and(|until| now < until);
        if blocked && REFUSED_REQUESTS_EXTEND_BLOCK {
            self.blocked_until = Some(now + self.block);
        }
        blocked
    }

    /// Counts one valid request. If it exceeds the limit, starts a block and returns `false`.
    pub(crate) fn admit(&mut self, now: Instant) -> bool {
        let Some(per_minute) = self.per_minute else { return true };
        while self.accepted.front().is_some_and(|at| now.duration_since(*at) >= self.minute) {
            self.accepted.pop_front();
        }
        if self.accepted.len() < per_minute as usize {
            self.accepted.push_back(now);
            true
        } else {
            self.blocked_until = Some(now + self.block);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const BLOCK: Duration = Duration::from_secs(600);

    #[test]
    fn a_request_beyond_the_limit_is_refused() {
        let now = Instant::now();
        let mut limiter = Limiter::new(Some(20), MINUTE, BLOCK);
        assert!((0..20).all(|_| limiter.admit(now)));
        assert!(!limiter.admit(now));
    }

    #[test]
    fn the_minute_slides() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut limiter = Limiter::new(Some(2), MINUTE, BLOCK);
        assert!(limiter.admit(at(0)));
        assert!(limiter.admit(at(50)));
        assert!(limiter.admit(at(60)), "the first request is a minute old");
        assert!(!limiter.admit(at(109)), "the last minute has two requests");
    }

    #[test]
    fn the_minute_can_be_shorter() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(1), MINUTE / 60, BLOCK);
        assert!(limiter.admit(start));
        assert!(limiter.admit(start + Duration::from_secs(1)));
        assert!(!limiter.admit(start + Duration::from_millis(1999)));
    }

    #[test]
    fn a_block_ends_even_if_requests_continue() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(1), MINUTE, BLOCK);
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
        let mut limiter = Limiter::new(None, MINUTE, BLOCK);
        assert!((0..10_000).all(|_| limiter.admit(now)));
    }
}
