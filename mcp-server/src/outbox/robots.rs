//! Rests and quotas of the robots, as the state knows them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use dingtalk_core::delivery::RobotKey;
use dingtalk_outbox::{RobotStatus, State};
use tokio::time::timeout;

use crate::Settings;

/// Time for which what was read is used again.
const KEPT: Duration = Duration::from_secs(5);

/// Time for the state to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Name of the robot that has none.
const NAMELESS: &str = "default";

/// The robots of the settings, as they were seen last.
pub(super) struct Robots {
    state: Option<State>,
    /// Webhooks of the robots by name.
    keys: Vec<(String, RobotKey)>,
    seen: Mutex<Option<(Instant, BTreeMap<String, Condition>)>>,
}

/// Condition of a robot; of a pool, that of its best one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    /// Time for which it rests after a refusal of DingTalk.
    pub(super) rest: Duration,
    /// Part of its quota that is used, from 0 to 1; `None` without a quota.
    pub(super) quota: Option<f64>,
}

impl Robots {
    pub(super) fn new(settings: &Settings) -> Self {
        let keys = settings.robot_keys().into_iter();
        let keys = keys.map(|(name, key)| (name.unwrap_or_else(|| NAMELESS.to_owned()), key)).collect();
        Self { state: settings.state(), keys, seen: Mutex::default() }
    }

    /// Reads the state, unless it has been read just now. One that cannot be read says nothing.
    pub(super) async fn look(&self) {
        let Some(state) = &self.state else { return };
        let is_fresh = |(at, _): &(Instant, _)| at.elapsed() < KEPT;
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(is_fresh) {
            return;
        }
        let read = timeout(ANSWER, state.status()).await;
        let conditions = read.ok().and_then(Result::ok).map(|status| self.conditions(&status));
        let seen = (Instant::now(), conditions.unwrap_or_default());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// Returns the condition of each robot that has sent something.
    pub(super) fn seen(&self) -> BTreeMap<String, Condition> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().map(|(_, conditions)| conditions.clone()).unwrap_or_default()
    }

    fn conditions(&self, status: &[RobotStatus]) -> BTreeMap<String, Condition> {
        let mut conditions: BTreeMap<String, Condition> = BTreeMap::new();
        for (name, key) in &self.keys {
            let Some(found) = status.iter().find(|robot| robot.key == *key) else { continue };
            let condition = Condition::of(found);
            conditions
                .entry(name.clone())
                .and_modify(|best| *best = best.better(condition))
                .or_insert(condition);
        }
        conditions
    }
}

impl Condition {
    fn of(status: &RobotStatus) -> Self {
        let rest = status.rest.map(|(rest, _)| rest).unwrap_or_default();
        #[allow(clippy::cast_precision_loss, reason = "a part of a quota needs no more digits")]
        let used = status.quotas.iter().map(|quota| quota.used as f64 / f64::from(quota.limit.max(1)));
        Self { rest, quota: used.reduce(f64::max) }
    }

    fn better(self, other: Self) -> Self {
        let quota = self.quota.zip(other.quota).map(|(one, other)| one.min(other));
        Self { rest: self.rest.min(other.rest), quota }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_as_well_as_its_best_robot() {
        let condition = |rest, quota| Condition { rest: Duration::from_secs(rest), quota };
        assert_eq!(condition(60, Some(0.5)).better(condition(0, Some(1.0))), condition(0, Some(0.5)));
        // One without a quota never uses it up.
        assert_eq!(condition(60, Some(1.0)).better(condition(90, None)), condition(60, None));
    }
}
