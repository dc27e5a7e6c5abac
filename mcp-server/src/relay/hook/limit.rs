//! Counting per source: requests of the last minute, and things that are told once an hour.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Maximum number of names that are told apart.
const MAX_NAMES: usize = 100;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// Requests of one minute.
#[derive(Debug)]
pub(super) struct PerMinute {
    most: u32,
    count: Mutex<(Instant, u32)>,
}

impl PerMinute {
    pub(super) fn new(most: u32) -> Self {
        Self { most, count: Mutex::new((Instant::now(), 0)) }
    }

    /// Counts a request; returns `true` if there were too many in this minute.
    pub(super) fn exceed(&self) -> bool {
        self.exceed_at(Instant::now())
    }

    fn exceed_at(&self, now: Instant) -> bool {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(count.0) >= MINUTE {
            *count = (now, 0);
        }
        count.1 = count.1.saturating_add(1);
        count.1 > self.most
    }
}

/// Names that were told in the last hour.
#[derive(Debug, Default)]
pub(super) struct OnceAnHour(Mutex<HashMap<String, Instant>>);

impl OnceAnHour {
    /// Reports that the name is to be told now. Beyond a hundred names, none is.
    pub(super) fn is_due(&self, name: &str) -> bool {
        self.is_due_at(name, Instant::now())
    }

    /// Forgets a name, which could not be told.
    pub(super) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn is_due_at(&self, name: &str, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.saturating_duration_since(*at) < HOUR);
        if told.contains_key(name) || told.len() >= MAX_NAMES {
            return false;
        }
        told.insert(name.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_number_of_requests() {
        let limit = PerMinute::new(2);
        let start = Instant::now() + HOUR;
        let later = |seconds| start + Duration::from_secs(seconds);
        let exceeded: Vec<bool> = [0, 1, 2, 59, 60, 61, 62].map(|at| limit.exceed_at(later(at))).to_vec();
        assert_eq!(exceeded, [false, false, true, true, false, false, true]);
    }

    #[test]
    fn a_name_is_told_once_an_hour() {
        let told = OnceAnHour::default();
        let start = Instant::now();
        assert!(told.is_due_at("a", start) && !told.is_due_at("a", start + HOUR / 2));
        assert!(told.is_due_at("b", start) && told.is_due_at("a", start + HOUR));
        for name in 0..MAX_NAMES {
            told.is_due_at(&name.to_string(), start + HOUR);
        }
        assert!(!told.is_due_at("one more", start + HOUR), "names from outside fill no memory");
    }
}
