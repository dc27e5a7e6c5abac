//! What a call answers: the same facts as text and as structured content, since some clients show only one of them. The
//! text is written from the structure, so that neither can say more than the other.

use std::time::Duration;

use dingtalk_core::{
    CallStatus, Error, ErrorKind, Faults, Language, MAX_BODY_BYTES, Message, Receipt, WireMessage,
};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

use super::{
    people::Hidden,
    policy::Refusal,
    repeat::{Landing, Stop, WINDOW},
};

const MAY_HAVE_ARRIVED: &str = "May have arrived; do not repeat. Have a person look in the group. If it is missing, make the \
     same call: it goes out under the same id, by which DingTalk recognises a repetition.";

/// The facts that may hold what a call has given; the others are ours.
const REPEATS_ARGUMENTS: [&str; 3] = ["detail", "faults", "request"];

/// What a call answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: CallStatus,
    facts: Map<String, Value>,
    /// What the message was to be sent under.
    id: Option<String>,
}

impl Answer {
    fn new(status: CallStatus) -> Self {
        let facts = Map::from_iter([("status".to_owned(), json!(status.as_str()))]);
        Self { status, facts, id: None }
    }

    fn with(mut self, name: &str, fact: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), fact.into());
        self
    }

    fn with_seconds(self, name: &str, duration: Duration) -> Self {
        // Who comes back a moment too early is refused again.
        let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
        self.with(name, whole)
    }

    /// What became of a delivery.
    pub(crate) fn of(landing: &Landing, id: &str) -> Self {
        let mut answer = match landing {
            Landing::Delivered(receipt) => Self::delivered(receipt),
            Landing::Failed(error) => Self::failed(error),
            Landing::Held(stop) => Self::new(CallStatus::Refused)
                .with("detail", why(*stop))
                .with("advice", "Not sent. Calling again cannot post it twice."),
            Landing::Open(stop) => Self::new(CallStatus::Unknown)
                .with("id", id)
                .with("detail", why(*stop))
                .with("advice", MAY_HAVE_ARRIVED),
            Landing::StillOpen(landing) => Self::of(landing, id).still_open(id),
        };
        answer.id = Some(id.to_owned());
        answer
    }

    /// Nothing was sent this time, but the same call may have sent it before.
    fn still_open(mut self, id: &str) -> Self {
        let detail = self.facts.get("detail").and_then(Value::as_str).unwrap_or_default();
        let detail =
            format!("the same call may have delivered it before; this time it was not sent: {detail}");
        self.status = CallStatus::Unknown;
        self.with("status", CallStatus::Unknown.as_str())
            .with("id", id)
            .with("detail", detail)
            .with("advice", MAY_HAVE_ARRIVED)
    }

    fn delivered(receipt: &Receipt) -> Self {
        let answer = Self::new(receipt.outcome.into()).with("id", &*receipt.id);
        match receipt.robot.as_ref().or(receipt.robot_id.as_ref()) {
            Some(robot) => answer.with("robot", &**robot),
            None => answer,
        }
    }

    /// The same call has delivered it before.
    pub(crate) fn duplicate(receipt: &Receipt, age: Duration) -> Self {
        let advice = format!(
            "Nothing was sent: the same call delivered it {} s ago. To post it again on purpose, change the text, or call \
             again after {} s.",
            age.as_secs(),
            WINDOW.as_secs()
        );
        let mut answer = Self::new(CallStatus::Duplicate)
            .with("id", &*receipt.id)
            .with_seconds("retryAfterSeconds", WINDOW.saturating_sub(age))
            .with("advice", advice);
        answer.id = Some(receipt.id.clone());
        answer
    }

    /// The server only shows what it would send.
    pub(crate) fn dry_run(message: &Message) -> Self {
        let wire = WireMessage::with_id(message.clone(), dingtalk_core::Envelope::new(message.clone()).id);
        let request = serde_json::to_value(&wire).unwrap_or_default();
        let bytes = request.to_string().len();
        if bytes > MAX_BODY_BYTES {
            return Self::failed(&Error::new(ErrorKind::TooLong, format!("{bytes} bytes")));
        }
        Self::new(CallStatus::DryRun)
            .with("request", request)
            .with("advice", "Nothing was sent: the server runs dry. Whoever operates it can switch that off.")
    }

    /// The arguments were wrong; nothing was sent.
    pub(crate) fn invalid(faults: &Faults) -> Self {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Self::new(CallStatus::Refused)
            .with("faults", faults)
            .with("advice", "Nothing was sent. Change the arguments and call again.")
    }

    /// Nobody has confirmed that it may be sent.
    pub(crate) fn unconfirmed(refusal: Refusal) -> Self {
        Self::new(CallStatus::Refused).with("reason", refusal.reason()).with("advice", refusal.advice())
    }

    /// The message was not delivered, or may not have been.
    fn failed(error: &Error) -> Self {
        let status = error.into();
        let mut answer = Self::new(status).with("reason", json!(error.kind()));
        if let Some(id) = error.id().filter(|_| status == CallStatus::Unknown) {
            answer = answer.with("id", id);
        }
        answer = answer.with("detail", error.detail());
        if let Some(code) = error.code() {
            answer = answer.with("code", code);
        }
        if let Some(after) = error.retry_after().filter(|_| status == CallStatus::Throttled) {
            answer = answer.with_seconds("retryAfterSeconds", after);
        }
        match status {
            CallStatus::Unknown => answer.with("advice", MAY_HAVE_ARRIVED),
            _ => answer.with("advice", format!("Not sent. {}", error.advice(Language::En))),
        }
    }

    pub(crate) fn status(&self) -> CallStatus {
        self.status
    }

    /// DingTalk's `errcode`.
    pub(crate) fn code(&self) -> Option<i64> {
        self.facts.get("code").and_then(Value::as_i64)
    }

    /// What the message was to be sent under, also where the answer does not say so.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The answer in the terms of the protocol, without what must not be shown.
    pub(crate) fn into_result(self, hidden: &Hidden) -> CallToolResult {
        let Self { status, mut facts, .. } = self;
        for (name, fact) in &mut facts {
            let told = fact.take();
            let told = if REPEATS_ARGUMENTS.contains(&&**name) { unnamed(told, hidden) } else { told };
            *fact = shown(told);
        }
        // Who reads only the first words must not believe that anything was sent.
        let heading = if status == CallStatus::DryRun { "NOT SENT\n" } else { "" };
        let content = vec![ContentBlock::text(format!("{heading}{}", text(&facts)))];
        let mut result = match status {
            CallStatus::Refused | CallStatus::Throttled | CallStatus::Unknown => {
                CallToolResult::error(content)
            }
            _ => CallToolResult::success(content),
        };
        result.structured_content = Some(Value::Object(facts));
        result
    }
}

fn why(stop: Stop) -> &'static str {
    match stop {
        Stop::Cancelled => "the call was cancelled",
        Stop::Overdue => "the delivery took longer than a call may",
        Stop::Lost => "the delivery broke down",
    }
}

/// A fact without hidden numbers.
fn unnamed(fact: Value, hidden: &Hidden) -> Value {
    match fact {
        Value::String(mut text) => {
            hidden.hide(&mut text);
            Value::String(text)
        }
        Value::Array(elements) => elements.into_iter().map(|element| unnamed(element, hidden)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, unnamed(value, hidden))).collect()
        }
        other => other,
    }
}

/// A fact without characters that could pass for the end of a line, or for another fact. A request stays as it is, word for
/// word: in the text it is JSON.
fn shown(fact: Value) -> Value {
    match fact {
        Value::String(text) => Value::String(one_line(text)),
        Value::Array(elements) => elements.into_iter().map(shown).collect(),
        other => other,
    }
}

/// Control characters, and those that change how text is shown, as escapes.
fn one_line(text: String) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(hides) {
        return text;
    }
    let escaped = |c: char| if hides(c) { c.escape_debug().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// One line for each fact, and one for each element of a list.
fn text(facts: &Map<String, Value>) -> String {
    let lines = facts.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        Value::Array(elements) => {
            let elements = elements.iter().map(|element| match element {
                Value::String(text) => format!("\n- {text}"),
                other => format!("\n- {other}"),
            });
            format!("{name}:{}", elements.collect::<String>())
        }
        other => format!("{name}: {other}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
