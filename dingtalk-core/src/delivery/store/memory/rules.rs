//! Keys of the rules for repetitions, with the notifications that were added under them.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    Envelope,
    delivery::{Dedupe, Throttle},
};

/// Time for which a count of suppressed notifications waits for the next notification with its key.
const COUNTS: Duration = Duration::from_secs(24 * 60 * 60);

/// Number of keys at which those that no longer matter are removed for the first time.
const KEYS: usize = 1_000;

/// A lane and a key.
type Key = (String, String);

/// Keys in use. Times count from 1970; those after the current time were set by a clock that was set back, and no
/// longer matter.
#[derive(Debug)]
pub(super) struct Rules {
    dedupes: HashMap<Key, Sent>,
    throttles: HashMap<Key, Counted>,
    limit: usize,
}

#[derive(Debug)]
struct Sent {
    id: String,
    at: Duration,
    span: Duration,
}

#[derive(Debug, Default)]
struct Counted {
    /// Oldest first.
    times: VecDeque<Duration>,
    span: Duration,
    suppressed: u32,
    last_suppressed: Duration,
}

fn is_recent(at: Duration, span: Duration, now: Duration) -> bool {
    now.checked_sub(at).is_some_and(|age| age < span)
}

impl Rules {
    pub(super) fn new() -> Self {
        Self { dedupes: HashMap::new(), throttles: HashMap::new(), limit: KEYS }
    }

    /// Reports whether a rule of this notification excludes it, and counts it if a throttle does. A copy of one that a
    /// throttle excludes is not counted again: it is known under its key until the throttle allows another one.
    pub(super) fn suppress(&mut self, lane: &str, envelope: &Envelope, now: Duration) -> bool {
        if let Some(Dedupe { key, span, .. }) = &envelope.dedupe
            && let Some(sent) = self.dedupes.get(&of(lane, key))
            && is_recent(sent.at, *span, now)
        {
            return true;
        }
        if let Some(Throttle { key, limit, span, .. }) = &envelope.throttle
            && let Some(counted) = self.throttles.get_mut(&of(lane, key))
        {
            counted.times.retain(|at| is_recent(*at, *span, now));
            if counted.times.len() >= usize::try_from(*limit).unwrap_or(usize::MAX).max(1) {
                counted.suppressed = counted.suppressed.saturating_add(1);
                counted.last_suppressed = now;
                let free = counted.times.front().map_or(now, |oldest| oldest.saturating_add(*span));
                if let Some(Dedupe { key, span, .. }) = &envelope.dedupe {
                    let at = free.saturating_sub(*span).min(now);
                    let sent = Sent { id: envelope.id.clone(), at, span: *span };
                    self.dedupes.insert(of(lane, key), sent);
                }
                return true;
            }
        }
        false
    }

    /// Records a notification that was added, and returns the number of those that its throttle suppressed before it.
    pub(super) fn record(&mut self, lane: &str, envelope: &Envelope, now: Duration) -> u32 {
        if envelope.dedupe.is_some() || envelope.throttle.is_some() {
            self.clean(now);
        }
        if let Some(Dedupe { key, span, .. }) = &envelope.dedupe {
            let sent = Sent { id: envelope.id.clone(), at: now, span: *span };
            self.dedupes.insert(of(lane, key), sent);
        }
        let Some(Throttle { key, span, .. }) = &envelope.throttle else { return 0 };
        let counted = self.throttles.entry(of(lane, key)).or_default();
        counted.times.push_back(now);
        counted.span = *span;
        std::mem::take(&mut counted.suppressed)
    }

    /// Frees the dedupe key of a notification that was given up.
    pub(super) fn forget(&mut self, lane: &str, envelope: &Envelope) {
        let Some(Dedupe { key, .. }) = &envelope.dedupe else { return };
        let key = of(lane, key);
        if self.dedupes.get(&key).is_some_and(|sent| sent.id == envelope.id) {
            self.dedupes.remove(&key);
        }
    }

    /// Removes what no longer matters, as often as the number of keys has doubled.
    fn clean(&mut self, now: Duration) {
        if self.dedupes.len() + self.throttles.len() < self.limit {
            return;
        }
        self.dedupes.retain(|_, sent| is_recent(sent.at, sent.span, now));
        self.throttles.retain(|_, counted| {
            let counts = counted.suppressed > 0 && is_recent(counted.last_suppressed, COUNTS, now);
            counts || counted.times.back().is_some_and(|at| is_recent(*at, counted.span, now))
        });
        self.limit = KEYS.max(2 * (self.dedupes.len() + self.throttles.len()));
    }
}

fn of(lane: &str, key: &str) -> Key {
    (lane.to_owned(), key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_copy_of_what_a_throttle_excludes_is_counted_once_until_it_allows_another() {
        let mut rules = Rules::new();
        let envelope = |text: &str| {
            let envelope = Envelope::new(Message::text(text)).with_dedupe(Dedupe::new(text, 4 * MINUTE));
            envelope.with_throttle(Throttle::new("disk", 1, MINUTE))
        };
        let at = |seconds: u64| Duration::from_secs(1_000 + seconds);
        assert_eq!(rules.record("ops", &envelope("first"), at(0)), 0);
        for seconds in [10_u64, 11, 50] {
            assert!(rules.suppress("ops", &envelope("second"), at(seconds)), "{seconds}");
        }
        assert!(!rules.suppress("ops", &envelope("second"), at(60)), "it has not been told");
        assert_eq!(rules.record("ops", &envelope("second"), at(60)), 1, "and was counted once");
    }

    #[test]
    fn keys_that_no_longer_matter_are_removed() {
        let mut rules = Rules::new();
        let envelope = |n: u64| {
            let envelope = Envelope::new(Message::text("a")).with_dedupe(Dedupe::new(n.to_string(), MINUTE));
            envelope.with_throttle(Throttle::new(n.to_string(), 1, MINUTE))
        };
        for n in 0..100_000 {
            assert_eq!(rules.record("ops", &envelope(n), Duration::from_secs(n)), 0);
        }
        assert!(rules.dedupes.len() + rules.throttles.len() < 3 * KEYS);
        let now = Duration::from_secs(99_999);
        assert!(rules.suppress("ops", &envelope(99_950), now), "recent ones are known");
        assert!(!rules.suppress("dev", &envelope(99_950), now), "in their lane");
    }
}
