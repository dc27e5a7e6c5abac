//! Robots whose monthly quota is nearly used up: what can wait is no message of its own for them.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use dingtalk_core::delivery::RobotKey;
use dingtalk_outbox::{QuotaStatus, RobotStatus, State};
use tokio::time::timeout;

use crate::Settings;

/// Time for which what was read is used again.
const KEPT: Duration = Duration::from_secs(30);

/// Time for the state to answer: a request must not wait for long.
const ANSWER: Duration = Duration::from_secs(1);

/// Percentage of a quota from which on the rest is kept for what needs attention.
const NEARLY: u64 = 80;

/// The quotas of the robots, as they were seen last.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    state: Option<State>,
    /// Webhooks of the robots by name; `None` for the robot of the environment.
    robots: Vec<(Option<String>, RobotKey)>,
    seen: Mutex<Option<(Instant, BTreeSet<Option<String>>)>>,
}

impl Quotas {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { state: settings.state(), robots: settings.robot_keys(), seen: Mutex::default() }
    }

    /// Reports whether a robot has used most of one of its quotas. A state that cannot be read says nothing new.
    pub(super) async fn is_short(&self, robot: Option<&str>) -> bool {
        let Some(state) = &self.state else { return false };
        let is_fresh = |at: Instant| at.elapsed() < KEPT;
        let known = self.with_seen(|seen| seen.as_ref().is_some_and(|(at, _)| is_fresh(*at)));
        if !known {
            let read = timeout(ANSWER, state.status()).await;
            let short = read.ok().and_then(Result::ok).map(|robots| self.short(&robots));
            self.with_seen(|seen| {
                let before = seen.take().map(|(_, short)| short);
                *seen = Some((Instant::now(), short.or(before).unwrap_or_default()));
            });
        }
        let robot = robot.map(str::to_owned);
        self.with_seen(|seen| seen.as_ref().is_some_and(|(_, short)| short.contains(&robot)))
    }

    fn with_seen<T>(&self, look: impl FnOnce(&mut Option<(Instant, BTreeSet<Option<String>>)>) -> T) -> T {
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn short(&self, status: &[RobotStatus]) -> BTreeSet<Option<String>> {
        let is_short = |quota: &QuotaStatus| quota.used * 100 >= u64::from(quota.limit) * NEARLY;
        let is_used = |key: &RobotKey| {
            status.iter().any(|robot| robot.key == *key && robot.quotas.iter().any(is_short))
        };
        self.robots.iter().filter(|(_, key)| is_used(key)).map(|(name, _)| name.clone()).collect()
    }
}
