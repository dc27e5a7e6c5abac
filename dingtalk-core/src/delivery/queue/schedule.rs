//! Times and number of the attempts.

use std::time::Duration;

use crate::ErrorKind;

/// Pauses after the first failed attempt, the second, and so on.
pub(super) const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
];

/// Maximum share by which a pause is shorter or longer, at random.
const JITTER: f64 = 0.2;

/// DingTalk does not document how long it recognises a `msgUuid`: a message that may have arrived is repeated within
/// two minutes or not at all.
pub(super) const UNKNOWN_ATTEMPTS: u32 = 3;

/// DingTalk asks for at most three retries if it is busy (-1, 500100).
pub(super) const BUSY_ATTEMPTS: u32 = 4;

#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Not empty. The last one repeats.
    pub(super) delays: Vec<Duration>,
    pub(super) attempts: u32,
    /// Any number from 0 up to 1.
    pub(super) jitter: fn() -> f64,
}

impl Schedule {
    /// Returns the pause after a number of attempts, of which the last failed with `kind`; `None` if no other is
    /// allowed.
    pub(super) fn pause(&self, attempts: u32, kind: ErrorKind) -> Option<Duration> {
        let most = match kind {
            ErrorKind::Unknown => self.attempts.min(UNKNOWN_ATTEMPTS),
            ErrorKind::Busy => self.attempts.min(BUSY_ATTEMPTS),
            _ => self.attempts,
        };
        (attempts < most).then(|| self.delay(attempts))
    }

    /// Returns the pause after a number of failures, which is not limited.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = self.delays.get(index).or(self.delays.last()).copied().unwrap_or(RETRY_DELAYS[0]);
        delay.mul_f64(1.0 - JITTER + 2.0 * JITTER * (self.jitter)().clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(jitter: fn() -> f64) -> Schedule {
        Schedule { delays: RETRY_DELAYS.to_vec(), attempts: 7, jitter }
    }

    #[test]
    fn pauses_grow_and_end() {
        let schedule = schedule(|| 0.5);
        let pauses = |kind| -> Vec<u64> {
            (1..).map_while(|attempts| schedule.pause(attempts, kind)).map(|pause| pause.as_secs()).collect()
        };
        assert_eq!(pauses(ErrorKind::NotSent), [5, 30, 120, 600, 1800, 1800]);
        assert_eq!(pauses(ErrorKind::Unknown), [5, 30]);
        assert_eq!(pauses(ErrorKind::Busy), [5, 30, 120]);
    }

    #[test]
    fn jitter_is_a_fifth_either_way() {
        assert_eq!(schedule(|| 0.0).delay(2), Duration::from_secs(24));
        assert_eq!(schedule(|| 1.0).delay(2), Duration::from_secs(36));
        assert_eq!(schedule(|| 9.0).delay(1), Duration::from_secs(6));
    }
}
