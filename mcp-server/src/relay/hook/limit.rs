//! Things that are told once an hour.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Maximum number of names that are told apart.
const MAX_NAMES: usize = 100;

const HOUR: Duration = Duration::from_secs(3600);

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
