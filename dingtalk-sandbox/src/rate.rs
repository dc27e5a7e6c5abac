//! How many messages a robot may send.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Whether calls that are refused during a block make it longer. Not known; the sandbox says no.
const REFUSED_CALLS_EXTEND_BLOCK: bool = false;

/// The budget of one robot. Accepted calls are counted, repetitions of an id among them; refused calls are not.
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

    /// Is the robot still blocked for having sent too fast?
    pub(crate) fn is_blocked(&mut self, now: Instant) -> bool {
        let blocked = self.blocked_until.is_some_and(|until| now < until);
        if blocked && REFUSED_CALLS_EXTEND_BLOCK {
            self.blocked_until = Some(now + self.block);
        }
        blocked
    }

    /// Counts one acceptable call; `false` where it is one too many, which begins the block.
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
    fn the_call_after_the_last_allowed_one_is_refused() {
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
        assert!(limiter.admit(at(60)), "the first call is a minute old");
        assert!(!limiter.admit(at(109)), "two calls lie in the last minute");
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
    fn a_block_lasts_and_ends_even_when_calls_go_on() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(1), MINUTE, BLOCK);
        assert!(limiter.admit(start));
        assert!(!limiter.is_blocked(start), "nothing was sent too fast yet");
        assert!(!limiter.admit(start));
        for seconds in [1, 61, 300, 599] {
            assert!(limiter.is_blocked(start + Duration::from_secs(seconds)), "after {seconds} s");
        }
        assert!(!limiter.is_blocked(start + BLOCK));
        assert!(limiter.admit(start + BLOCK));
    }

    #[test]
    fn no_limit_is_no_limit() {
        let now = Instant::now();
        let mut limiter = Limiter::new(None, MINUTE, BLOCK);
        assert!((0..10_000).all(|_| limiter.admit(now)));
    }
}
