//! The queue as its operator sees it: the store, names of robots, and processes that deliver.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

use dingtalk_outbox::{
    Outbox,
    outbox::{Entry, EntryState},
};
use serde_json::{Value, json};

use super::super::{Result, status::span, words::words};
use crate::{
    Settings,
    outbox::{self, Lane, Robots},
};

/// The queue, and what is known about its lanes.
pub(super) struct Operator {
    pub(super) store: Arc<dyn Outbox>,
    /// Names of the robots of the settings, by their lanes.
    names: BTreeMap<String, String>,
    /// Lanes of the processes that are running.
    served: BTreeSet<String>,
}

impl Operator {
    /// Opens the queue of these settings. Robots need not be complete.
    pub(super) async fn open(settings: &Settings) -> Result<Self> {
        settings.check()?;
        let store = outbox::open(settings)?;
        // Without a complete robot, the lanes have no names here.
        let lanes = settings.lanes(Robots::Complete).unwrap_or_default();
        let names = lanes.iter().map(|lane: &Lane| (lane.key(), lane.display().to_owned())).collect();
        let served = store.dispatchers().await?.into_iter().flat_map(|dispatcher| dispatcher.lanes).collect();
        Ok(Self { store, names, served })
    }

    /// Returns the name of the robot of a lane; `None` if it is not configured here.
    pub(super) fn name(&self, lane: &str) -> Option<&str> {
        self.names.get(lane).map(String::as_str)
    }

    /// Returns the lane of the robot with this name, if it is configured and complete.
    pub(super) fn lane(&self, robot: &str) -> Option<&str> {
        self.names.iter().find(|(_, name)| *name == robot).map(|(lane, _)| &**lane)
    }

    /// Returns the robot of a lane for people: its name here, else its fingerprint.
    pub(super) fn robot(&self, lane: &str) -> String {
        self.name(lane).map_or_else(|| fingerprint(lane), str::to_owned)
    }

    /// Reports whether a running process delivers for a lane.
    pub(super) fn is_served(&self, lane: &str) -> bool {
        self.served.contains(lane)
    }

    /// Returns a line for each lane for which no process delivers.
    pub(super) fn unserved<'l>(
        &self,
        lanes: impl IntoIterator<Item = &'l str>,
        program: &str,
    ) -> Vec<String> {
        let unserved: BTreeSet<&str> = lanes.into_iter().filter(|lane| !self.is_served(lane)).collect();
        let line = |lane: &str| {
            let robot = self.robot(lane);
            if self.name(lane).is_some() {
                return words(
                    format!(
                        "{robot}: nobody serves this robot; start `{program} outbox run`, or nothing is delivered"
                    ),
                    format!("{robot}：没有进程为这个机器人发送；请启动 `{program} outbox run`，否则不会送达"),
                );
            }
            words(
                format!(
                    "{robot}: nobody serves this robot, and it is not configured here; start `{program} outbox run` with \
                     the settings of its sender"
                ),
                format!(
                    "{robot}：没有进程为这个机器人发送，这里也没有配置它；请用发送者的设置启动 `{program} outbox run`"
                ),
            )
        };
        unserved.into_iter().map(line).collect()
    }

    /// Returns an entry as JSON, without its content.
    pub(super) fn to_json(&self, entry: &Entry) -> Value {
        let failure = entry.last_failure.as_ref();
        let mut fields = json!({
            "id": entry.id,
            "state": state_name(&entry.state),
            "robot": self.name(&entry.lane),
            "robot_of_sender": entry.robot,
            "lane": fingerprint(&entry.lane),
            "served": self.is_served(&entry.lane),
            "urgency": entry.urgency,
            "age_seconds": since(entry).map(|age| age.as_secs()),
            "attempts": entry.attempts,
            "may_have_arrived": entry.may_have_arrived,
            "failure": failure.map(|failure| json!({"kind": failure.kind, "text": failure.text})),
            "members": entry.members,
        });
        let more = match &entry.state {
            EntryState::Deferred(until) => Some(("retry_in_seconds", json!(until_then(*until).as_secs()))),
            EntryState::Merged(digest) => Some(("digest", json!(digest))),
            EntryState::Dead(loss, _) => Some(("reason", json!(loss.to_string()))),
            _ => None,
        };
        if let Some(((key, value), fields)) = more.zip(fields.as_object_mut()) {
            fields.insert(key.to_owned(), value);
        }
        fields
    }
}

/// Returns the beginning of a lane's name, by which people recognise it.
pub(super) fn fingerprint(lane: &str) -> String {
    const DIGITS: usize = 8;

    match lane.split_once(':') {
        Some((kind @ ("robot" | "pool"), key)) => {
            format!("{kind} {}", key.chars().take(DIGITS).collect::<String>())
        }
        _ => lane.to_owned(),
    }
}

/// Returns the state as programs read it.
fn state_name(state: &EntryState) -> &'static str {
    match state {
        EntryState::Waiting => "waiting",
        EntryState::Deferred(_) => "deferred",
        EntryState::Merged(_) => "merged",
        EntryState::Sending => "sending",
        EntryState::Dead(..) => "dead",
        _ => "unknown",
    }
}

/// Returns the state for people.
pub(super) fn state_in_words(state: &EntryState) -> String {
    match state {
        EntryState::Waiting => words("waiting", "等待").to_owned(),
        EntryState::Deferred(until) => {
            let left = span(until_then(*until));
            words(format!("retry in {left}"), format!("{left}后重试"))
        }
        EntryState::Merged(digest) => words(format!("in digest {digest}"), format!("已并入 {digest}")),
        EntryState::Sending => words("sending", "正在发送").to_owned(),
        EntryState::Dead(loss, _) => words(format!("dead letter: {loss}"), format!("死信：{loss}")),
        _ => words("unknown", "未知").to_owned(),
    }
}

/// Returns the time since an entry was added, or given up.
pub(super) fn since(entry: &Entry) -> Option<Duration> {
    let time = match &entry.state {
        EntryState::Dead(_, at) => Some(*at),
        _ => entry.added,
    };
    time.map(elapsed)
}

/// Returns the time since then; zero after a clock that was set back.
pub(super) fn elapsed(time: SystemTime) -> Duration {
    SystemTime::now().duration_since(time).unwrap_or_default()
}

fn until_then(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_short_and_keeps_the_kind() {
        let lane = format!("robot:{}", "1a2b3c4d".repeat(8));
        assert_eq!(fingerprint(&lane), "robot 1a2b3c4d");
        assert_eq!(fingerprint("pool:00ff00ff00"), "pool 00ff00ff");
        assert_eq!(fingerprint("name:ops"), "name:ops");
    }
}
