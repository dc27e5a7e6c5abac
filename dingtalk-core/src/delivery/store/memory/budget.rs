//! When each robot sent, and until when it rests.

use std::{collections::HashMap, time::Duration};

use super::super::Budget;
use crate::{Pace, Urgency, delivery::pace::SendLog};

/// How soon to ask again where all places are taken by sends that have not ended.
const SENDS_END_SOON: Duration = Duration::from_secs(1);

/// The budgets, by key. Times count from 1970.
#[derive(Debug, Default)]
pub(super) struct Budgets(HashMap<String, Spent>);

#[derive(Debug, Default)]
struct Spent {
    log: SendLog,
    rest_until: Duration,
}

impl Budgets {
    /// How long until there is a place.
    pub(super) fn free_in(&mut self, budget: &Budget, now: Duration) -> Duration {
        let Some(spent) = self.0.get_mut(&budget.key) else { return Duration::ZERO };
        let pace = pace(budget);
        spent.log.forget(&pace, now);
        let free_at = spent.log.free_at(&pace, Urgency::Normal, now).unwrap_or(now + SENDS_END_SOON);
        free_at.max(spent.rest_until).saturating_sub(now)
    }

    /// Takes a place.
    pub(super) fn take(&mut self, key: &str) {
        self.spent(key).log.begin();
    }

    /// A send has ended for which one place was taken, and of which the server may have counted so many messages.
    pub(super) fn end(&mut self, key: &str, sends: u32, now: Duration) {
        let log = &mut self.spent(key).log;
        if sends == 0 {
            log.take_back();
            return;
        }
        log.end(now);
        for _ in 1..sends {
            log.begin();
            log.end(now);
        }
    }

    pub(super) fn rest(&mut self, key: &str, until: Duration) {
        let spent = self.spent(key);
        spent.rest_until = spent.rest_until.max(until);
    }

    fn spent(&mut self, key: &str) -> &mut Spent {
        self.0.entry(key.to_owned()).or_default()
    }
}

/// A pace with as many places as the budget says, whatever the urgency.
fn pace(budget: &Budget) -> Pace {
    let limit = u32::try_from(budget.places).unwrap_or(u32::MAX);
    Pace::new().limit(limit).urgent_reserve(0).window(budget.window)
}
