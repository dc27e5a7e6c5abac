//! Log entries and robots as JSON, for the page and for scripts.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::{
    config::RobotConfig,
    fault::Fault,
    log::{Entry, Outcome},
    shared::Shared,
};

/// Renders the whole log.
pub(crate) fn messages(shared: &Shared) -> String {
    let entries = shared.state().log.since(0);
    let entries: Vec<Value> = entries.iter().map(|entry| entry_value(entry)).collect();
    let robot = |robot: &RobotConfig| json!({"name": robot.name, "signed": robot.secret.is_some(), "keywords": robot.keywords});
    let robots: Vec<Value> = shared.robots.iter().map(robot).collect();
    json!({"run": shared.run, "robots": robots, "entries": entries}).to_string()
}

/// Renders one entry on one line.
pub(crate) fn entry(entry: &Entry) -> String {
    entry_value(entry).to_string()
}

/// Renders the settings that DingTalk shows to the owner of a robot, including its secrets.
pub(crate) fn robots(shared: &Shared) -> String {
    let robot = |robot: &RobotConfig| {
        json!({
            "name": robot.name,
            "webhook": shared.webhook(robot),
            "secret": robot.secret,
            "keywords": robot.keywords,
        })
    };
    json!({"base_url": shared.base_url(), "robots": shared.robots.iter().map(robot).collect::<Vec<_>>()})
        .to_string()
}

fn entry_value(entry: &Entry) -> Value {
    let mut value = json!({
        "number": entry.number,
        "time": milliseconds(entry.time),
        "robot": entry.robot,
        "method": entry.method,
        "content_type": entry.content_type,
        "query_keys": entry.query_keys,
        "bytes": entry.body_length,
        "attempt": entry.attempt,
        "warnings": entry.warnings,
        "fault": entry.fault.as_ref().map(fault),
    });
    match &entry.outcome {
        Outcome::Accepted(message) => {
            value["outcome"] = "accepted".into();
            value["message"] = json!(message);
        }
        Outcome::Repeated { of } => {
            value["outcome"] = "repeated".into();
            value["of"] = json!(of);
        }
        Outcome::Refused(refusal) => {
            value["outcome"] = "refused".into();
            value["errcode"] = json!(refusal.code);
            value["errmsg"] = json!(refusal.message);
            value["advice"] = json!(refusal.advice);
            value["body"] = json!(entry.body_text());
        }
        Outcome::Faulted => {
            value["outcome"] = "faulted".into();
            value["body"] = json!(entry.body_text());
        }
    }
    value
}

/// Milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn fault(fault: &Fault) -> String {
    match fault {
        Fault::ResetOnConnect => "reset on connect",
        Fault::ResetBeforeAnswer => "reset before answer",
        Fault::Hang => "hang",
        Fault::AcceptThenReset => "accept, then reset",
        Fault::AcceptThenHang => "accept, then hang",
        Fault::AcceptThen(then) => return format!("accept, then {}", self::fault(then)),
        Fault::SlowAnswer => "slow answer",
        Fault::Gzip => "compressed answer",
        Fault::Truncate => "truncated answer",
        Fault::Html => "HTML answer",
        Fault::Redirect => "redirect",
        Fault::Garbage(_) => "garbage",
        Fault::Status(status) => return format!("HTTP {status}"),
        Fault::Reply(_) => "custom reply",
        Fault::Echo => "echo",
        Fault::Huge => "huge answer",
        Fault::Busy => "busy",
        Fault::Throttle => "throttled",
    }
    .to_owned()
}
