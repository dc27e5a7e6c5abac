//! Log entries and robots as JSON, for the page and for scripts.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    fault::Fault,
    log::{Entry, Outcome, Removed},
    rate::Window,
    render::{Drawing, Finding, Language, Look, Names},
    robot::RobotConfig,
    shared::Shared,
    validation::MAX_BYTES,
    verdict::Verdict,
};

/// Entries of the log, by number, robot and outcome.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) after: u64,
    pub(crate) robot: Option<String>,
    pub(crate) outcome: Option<String>,
}

/// Names of the outcomes.
pub(crate) const OUTCOMES: [&str; 4] = ["accepted", "repeated", "refused", "faulted"];

/// Renders the selected entries of the log.
pub(crate) fn messages(shared: &Shared, selection: &Selection) -> String {
    let entries = shared.state().log.since(selection.after);
    let is_selected = |entry: &&Arc<Entry>| {
        let is_of_robot = selection.robot.is_none() || selection.robot == entry.robot;
        is_of_robot && selection.outcome.as_deref().is_none_or(|wanted| wanted == outcome(entry))
    };
    let entries: Vec<Value> = entries.iter().filter(is_selected).map(|entry| entry_value(entry)).collect();
    let robot = |robot: &RobotConfig| json!({"name": robot.name, "signed": robot.secret.is_some(), "keywords": robot.keywords});
    let robots: Vec<Value> = shared.robots.iter().map(robot).collect();
    json!({"run": shared.run, "robots": robots, "entries": entries}).to_string()
}

fn outcome(entry: &Entry) -> &'static str {
    let [accepted, repeated, refused, faulted] = OUTCOMES;
    match &entry.outcome {
        Outcome::Accepted(_) => accepted,
        Outcome::Repeated { .. } => repeated,
        Outcome::Refused(_) => refused,
        Outcome::Faulted => faulted,
    }
}

/// Renders one entry on one line.
pub(crate) fn entry(entry: &Entry) -> String {
    entry_value(entry).to_string()
}

/// Renders a removal on one line.
pub(crate) fn removed(removed: Removed) -> String {
    match removed {
        Removed::One(number) => json!({"numbers": [number]}),
        Removed::Through(number) => json!({"through": number}),
    }
    .to_string()
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
    json!({
        "base_url": shared.base_url(),
        "token": shared.token,
        "robots": shared.robots.iter().map(robot).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Renders the rate and the quota of each robot, without secrets.
pub(crate) fn gauges(shared: &Shared) -> String {
    let gauge = |at: usize| {
        let usage = shared.usage(at);
        json!({
            "name": shared.name(at),
            "used": usage.used,
            "limit": usage.limit,
            "minute_ms": in_milliseconds(usage.minute),
            "window": match usage.window {
                Window::Sliding => "sliding",
                Window::Fixed => "fixed",
            },
            "blocked_for_ms": in_milliseconds(usage.blocked_for),
            "quota": usage.quota,
            "quota_used": usage.quota_used,
        })
    };
    json!({"robots": (0..shared.robots.len()).map(gauge).collect::<Vec<_>>()}).to_string()
}

fn in_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Renders a verdict on this body, with the message as this robot would show it.
pub(crate) fn verdict(
    verdict: &Verdict,
    body: &[u8],
    robot: &str,
    language: Language,
    names: &Names,
) -> Value {
    let mut value = json!({
        "outcome": if verdict.message.is_some() { "accepted" } else { "refused" },
        "bytes": verdict.bytes,
        "limit": MAX_BYTES,
        "warnings": verdict.warnings,
        "body": String::from_utf8_lossy(body),
    });
    if let Some(message) = &verdict.message {
        value["message"] = json!(message);
        let drawing = Drawing::new(message, names);
        let post = |client| drawing.post(robot, Look::new(client, language));
        value["tree"] = drawing.on_clients(post).json();
        let texts = |[en, zh]: [&str; 2]| json!({"en": en, "zh": zh});
        let finding = |it: Finding| {
            let [en, zh] = &it.problem;
            json!({"problem": texts([en, zh]), "remedy": texts(it.remedy), "is_hint": it.is_hint})
        };
        value["findings"] = drawing.findings(message).into_iter().map(finding).collect();
    }
    if let Some(refusal) = &verdict.refusal {
        value["errcode"] = json!(refusal.code);
        value["errmsg"] = json!(refusal.message);
        value["advice"] = json!(refusal.advice);
    }
    if let Some(syntax) = &verdict.syntax {
        value["syntax"] = json!(syntax);
    }
    value
}

fn entry_value(entry: &Entry) -> Value {
    let mut value = json!({
        "outcome": outcome(entry),
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
            value["message"] = json!(message);
        }
        Outcome::Repeated { of } => {
            value["of"] = json!(of);
        }
        Outcome::Refused(refusal) => {
            value["errcode"] = json!(refusal.code);
            value["errmsg"] = json!(refusal.message);
            value["advice"] = json!(refusal.advice);
            value["body"] = json!(entry.body_text());
        }
        Outcome::Faulted => {
            value["body"] = json!(entry.body_text());
        }
    }
    value
}

/// Returns a number with separators between thousands.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the name of a fault.
pub(crate) fn fault(fault: &Fault) -> String {
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
