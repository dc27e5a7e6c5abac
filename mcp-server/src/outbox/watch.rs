//! A look at the store of the queue, for metrics and for checks that send requests elsewhere.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::{Error, ErrorKind, delivery::BoxFuture};
use dingtalk_outbox::{Outbox, outbox::Stats};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Unit,
};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{CAPACITY, Lane, robots::Robots as Conditions};
use crate::{Settings, metrics::Source};

/// Time for which what was seen is used again: anyone who can reach the server may ask.
const KEPT: Duration = Duration::from_secs(1);

/// Time for the store to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// Age of dead letters of which a store has none.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Label of the lanes of robots that the settings do not have.
const OTHER: &str = "other";

/// The store of a queue, as it was seen last.
pub(crate) struct Watch {
    store: Arc<dyn Outbox>,
    /// Path of the store, if it is a file.
    file: Option<PathBuf>,
    /// Names of the robots, by their lanes.
    names: BTreeMap<String, String>,
    conditions: Conditions,
    /// Number of notifications that can wait, without the places of sources.
    capacity: usize,
    seen: Mutex<Option<Seen>>,
    /// Held while the store is read.
    reading: tokio::sync::Mutex<()>,
}

struct Seen {
    at: Instant,
    /// Numbers; `None` if the store cannot be used.
    numbers: Option<Numbers>,
}

struct Numbers {
    robots: BTreeMap<String, OfRobot>,
    dead_letters: usize,
    bytes: Option<u64>,
}

#[derive(Default)]
struct OfRobot {
    waiting: usize,
    since: Option<SystemTime>,
}

impl OfRobot {
    /// Returns the age of the oldest notification; zero if none waits.
    fn age(&self) -> Duration {
        // A clock that was set back.
        let age = |since| SystemTime::now().duration_since(since).unwrap_or_default();
        self.since.map(age).unwrap_or_default()
    }
}

impl Watch {
    /// Watches a store that has been opened for these settings. Reads nothing yet.
    pub(crate) fn new(settings: &Settings, store: Arc<dyn Outbox>, lanes: &[Lane]) -> Self {
        let names = lanes.iter().map(|lane| (lane.key(), lane.display().to_owned())).collect();
        Self {
            store,
            file: super::file(settings),
            names,
            conditions: Conditions::new(settings),
            capacity: settings.outbox().capacity.unwrap_or(CAPACITY),
            seen: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Reports whether the store could be used when it was seen last; `None` if that is too long ago.
    fn usable(&self) -> Option<bool> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().filter(|seen| seen.at.elapsed() < KEPT).map(|seen| seen.numbers.is_some())
    }

    async fn look(&self) -> bool {
        let _reading = self.reading.lock().await;
        if let Some(usable) = self.usable() {
            return usable;
        }
        let unanswered = |_| Err(Error::new(ErrorKind::Store, "the store of the queue does not answer"));
        let (read, ()) = tokio::join!(timeout(ANSWER, self.read()), self.conditions.look());
        let read = read.unwrap_or_else(unanswered);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let was_usable = seen.as_ref().is_none_or(|seen| seen.numbers.is_some());
        let numbers = match read {
            Ok(stats) => Some(self.by_robot(stats)),
            Err(error) => {
                if was_usable {
                    tracing::error!(name: "dingtalk_notify.outbox_unusable", %error, "the queue cannot be used");
                }
                None
            }
        };
        let usable = numbers.is_some();
        *seen = Some(Seen { at: Instant::now(), numbers });
        usable
    }

    async fn read(&self) -> Result<Stats, Error> {
        // The open file would be used further, and be gone with the process.
        if let Some(file) = self.file.as_ref().filter(|file| !file.exists()) {
            let problem = format!("{} has been removed; restart the program", file.display());
            return Err(Error::new(ErrorKind::Store, problem));
        }
        // A store that can only be read accepts nothing. This takes the lock of a write, and removes nothing.
        self.store.purge(NEVER).await?;
        self.store.stats().await
    }

    fn by_robot(&self, stats: Stats) -> Numbers {
        let mut robots: BTreeMap<String, OfRobot> =
            self.names.values().map(|name| (name.clone(), OfRobot::default())).collect();
        for lane in stats.lanes {
            let name = self.names.get(&lane.lane).map_or(OTHER, |name| name);
            let robot = robots.entry(name.to_owned()).or_default();
            robot.waiting += lane.pending.waiting;
            robot.since = [robot.since, lane.waiting_since].into_iter().flatten().min();
        }
        Numbers { robots, dead_letters: stats.dead_letters, bytes: stats.bytes }
    }
}

impl Source for Watch {
    fn refresh(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.look())
    }

    fn describe(&self) -> Value {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Numbers { robots, dead_letters, .. }) = seen.as_ref().and_then(|seen| seen.numbers.as_ref())
        else {
            return json!({"usable": false});
        };
        let waiting = robots.values().map(|robot| robot.waiting).sum::<usize>();
        let conditions = self.conditions.seen();
        let robots: Map<String, Value> = robots
            .iter()
            .map(|(name, robot)| {
                let mut shown = json!({"waiting": robot.waiting, "oldestSeconds": robot.age().as_secs()});
                if let Some(condition) = conditions.get(name) {
                    shown["restSeconds"] = condition.rest.as_secs_f64().ceil().into();
                    shown["quotaUsed"] = condition.quota.into();
                }
                (name.clone(), shown)
            })
            .collect();
        json!({
            "usable": true,
            "waiting": waiting,
            "capacity": self.capacity,
            "full": waiting >= self.capacity,
            "deadLetters": dead_letters,
            "robots": robots,
        })
    }
}

impl Collector for Watch {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = &*seen else { return Ok(()) };
        let up = ConstGauge::new(i64::from(seen.numbers.is_some()));
        let help = "1 if the store of the queue can be used, otherwise 0";
        up.encode(encoder.encode_descriptor("outbox_up", help, None, MetricType::Gauge)?)?;
        let Some(Numbers { robots, dead_letters, bytes }) = &seen.numbers else { return Ok(()) };
        let help = "Notifications that wait, by the robots of the file; `other` are those of further robots";
        let mut waiting = encoder.encode_descriptor("outbox_waiting", help, None, MetricType::Gauge)?;
        for (name, robot) in robots {
            let labels = [("robot", &**name)];
            ConstGauge::new(number(robot.waiting)).encode(waiting.encode_family(&labels)?)?;
        }
        let help = "Time for which the longest waiting notification has been waiting; 0 if none waits";
        let mut ages =
            encoder.encode_descriptor("outbox_oldest_age", help, Some(&Unit::Seconds), MetricType::Gauge)?;
        for (name, robot) in robots {
            let labels = [("robot", &**name)];
            ConstGauge::new(robot.age().as_secs_f64()).encode(ages.encode_family(&labels)?)?;
        }
        let capacity = ConstGauge::new(number(self.capacity));
        let help = "Notifications that can wait; hooks have places of their own";
        capacity.encode(encoder.encode_descriptor("outbox_capacity", help, None, MetricType::Gauge)?)?;
        let dead = ConstGauge::new(number(*dead_letters));
        let help = "Notifications that were given up and are kept";
        dead.encode(encoder.encode_descriptor("outbox_dead_letters", help, None, MetricType::Gauge)?)?;
        if let Some(bytes) = bytes {
            let size = ConstGauge::new(i64::try_from(*bytes).unwrap_or(i64::MAX));
            let (help, unit) = ("Size of the store", Some(&Unit::Bytes));
            size.encode(encoder.encode_descriptor("outbox_size", help, unit, MetricType::Gauge)?)?;
        }
        let conditions = self.conditions.seen();
        let (help, unit) = ("Time for which a robot rests after a refusal of DingTalk", Some(&Unit::Seconds));
        let mut rests = encoder.encode_descriptor("robot_rest", help, unit, MetricType::Gauge)?;
        for (name, condition) in &conditions {
            let labels = [("robot", &**name)];
            ConstGauge::new(condition.rest.as_secs_f64()).encode(rests.encode_family(&labels)?)?;
        }
        let help = "Part of a robot's monthly quota that is used, from 0 to 1";
        let mut quotas =
            encoder.encode_descriptor("robot_quota_used_ratio", help, None, MetricType::Gauge)?;
        for (name, used) in conditions.iter().filter_map(|(name, condition)| Some((name, condition.quota?))) {
            let labels = [("robot", &**name)];
            ConstGauge::new(used).encode(quotas.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("file", &self.file).finish_non_exhaustive()
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
