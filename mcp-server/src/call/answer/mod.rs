//! The answer to a call, common to MCP and the command line.

mod status;

use std::{borrow::Cow, time::Duration};

use dingtalk_core::{
    Error, ErrorKind, Receipt,
    delivery::Language,
    message::{Faults, WireMessage},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::status::CallStatus;
use super::{
    outcome::CallOutcome,
    people::Hidden,
    policy::{Refusal, RefusalReason},
    repeat::{DeliveryOutcome, Queued, Stop, WINDOW},
    standing::Standing,
    visible::is_invisible,
};

const MAY_HAVE_ARRIVED: &str = "May have arrived; do not repeat. Ask a person to look in the group. If the message is \
     missing, make the same call: it is sent under the same id, by which DingTalk recognises a repetition.";

const ASK_THE_OPERATOR: &str = "May have arrived; do not repeat. Ask a person to look in the group, and the server's operator to look in the queue.";

const INVALID: &str = "Nothing was sent. Correct the arguments and call again. If a text is too long, shorten it to what matters, or link to \
     the whole: parts of it in several messages flood the group.";

/// Advice to an agent in place of that to a person, who may have other robots and a queue.
const RATE_LIMITED: &str = "Wait `retryAfterSeconds`, then make the same call, or put several events into one message. All tools and callers share \
     the robot's limit.";

const TOO_LONG: &str = "Shorten it to what matters, or link to the whole: parts of it in several messages flood the group. The limit is 20000 \
     bytes of JSON, and a Chinese character takes three bytes.";

/// The answer to a call. Its serialized form conforms to the output schema of the definitions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) status: CallStatus,
    /// The `msgUuid` under which it was delivered, or may have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The name of the robot that posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) robot: Option<String>,
    /// The people whom the message mentions, unless it was not sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mentioned: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    /// The event or the problem, without advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// DingTalk's `errcode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i64>,
    /// All faults of the arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) faults: Vec<String>,
    /// The request that would be sent; a list for a message in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<Value>,
    /// Time after which to call again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_seconds: Option<u64>,
    /// Advice to the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<Cow<'static, str>>,
}

/// Maximum number of faults in an answer.
const MAX_FAULTS: usize = 20;

/// Maximum length of a fault, in characters.
const MAX_FAULT: usize = 500;

/// Returns the faults as texts. A call may have any number of them, of any length; an answer is read by a model.
pub(crate) fn shown(faults: &Faults) -> Vec<String> {
    let texts = faults.iter().take(MAX_FAULTS).map(|fault| {
        let mut text = fault.to_string();
        if let Some((at, _)) = text.char_indices().nth(MAX_FAULT) {
            text.truncate(at);
            text.push('…');
        }
        text
    });
    let further = faults.len().saturating_sub(MAX_FAULTS);
    texts.chain((further > 0).then(|| format!("and {further} more"))).collect()
}

/// Returns the schema of an [`Answer`], without the facts that an agent does not act on. Every definition repeats it,
/// so that it leaves out what the elements of lists are: texts.
pub(crate) fn output_schema() -> Map<String, Value> {
    // Only the status is required: clients check errors against this schema too.
    let schema = json!({
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": CallStatus::ALL.map(CallStatus::as_str)},
            "id": {"type": "string"},
            "mentioned": {"type": "array"},
            "reason": {"type": "string"},
            "detail": {"type": "string"},
            "code": {"type": "integer"},
            "faults": {"type": "array"},
            "retryAfterSeconds": {"type": "integer"},
            "advice": {"type": "string"},
        },
        "required": ["status"],
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Reason for not sending a message, as a word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Reason {
    Failure(ErrorKind),
    Refusal(RefusalReason),
}

impl Answer {
    /// Creates the answer to a call with this outcome.
    pub(crate) fn new(outcome: &CallOutcome) -> Self {
        match outcome {
            CallOutcome::Invalid(faults) => {
                Self { faults: shown(faults), ..Self::of(CallStatus::Refused).advise(INVALID) }
            }
            CallOutcome::Refused(refusal) => Self::refused(*refusal),
            CallOutcome::DryRun(requests) => Self {
                request: requests_as_json(requests).ok(),
                ..Self::of(CallStatus::DryRun).advise(
                    "Nothing was sent: the server is in dry-run mode, which its operator can switch off.",
                )
            },
            CallOutcome::Unsendable(error) => Self::failed(error),
            CallOutcome::Duplicate { receipt, age } => Self::duplicate(receipt, *age),
            CallOutcome::Delivery { id, outcome } => Self::delivery(outcome, id),
        }
    }

    fn of(status: CallStatus) -> Self {
        Self {
            status,
            id: None,
            robot: None,
            mentioned: Vec::new(),
            reason: None,
            detail: None,
            code: None,
            faults: Vec::new(),
            request: None,
            retry_after_seconds: None,
            advice: None,
        }
    }

    fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn refused(refusal: Refusal) -> Self {
        let reason = Some(Reason::Refusal(refusal.reason()));
        Self { reason, ..Self::of(CallStatus::Refused).advise(refusal.advice()) }
    }

    fn delivery(outcome: &DeliveryOutcome, id: &str) -> Self {
        match outcome {
            DeliveryOutcome::Delivered(receipt) => Self {
                id: Some(receipt.id.clone()),
                robot: receipt.robot.clone().or_else(|| receipt.robot_id.clone()),
                ..Self::of(receipt.outcome.into())
            },
            DeliveryOutcome::Duplicate(receipt, age) => Self::duplicate(receipt, *age),
            DeliveryOutcome::Failed(error) => Self::failed(error),
            DeliveryOutcome::Queued(queued) => Self::queued(queued, id),
            DeliveryOutcome::Suppressed => Self {
                detail: Some("a rule of this notification on repetitions excludes it".to_owned()),
                ..Self::of(CallStatus::Duplicate).advise(
                    "Nothing was sent: an equal notification was sent or queued before. Do not repeat.",
                )
            },
            DeliveryOutcome::NotSent(stop) => Self {
                detail: Some(why(*stop).to_owned()),
                ..Self::of(CallStatus::Refused).advise("Not sent. Calling again cannot post it twice.")
            },
            DeliveryOutcome::NotRecorded(error) => Self {
                reason: Some(Reason::Failure(error.kind())),
                detail: Some(error.detail()),
                ..Self::of(CallStatus::Refused)
                    .advise("Not sent. Have the server's operator repair its state, then call again.")
            },
            DeliveryOutcome::OtherMessage => Self {
                detail: Some("another message has this id".to_owned()),
                ..Self::of(CallStatus::Refused)
                    .advise("Nothing was sent. Use an id of its own for each message.")
            },
            DeliveryOutcome::Unknown(stop) => Self {
                id: Some(id.to_owned()),
                detail: Some(why(*stop).to_owned()),
                ..Self::of(CallStatus::Unknown).advise(match stop {
                    Stop::NoQueue | Stop::GivenUp => ASK_THE_OPERATOR,
                    _ => MAY_HAVE_ARRIVED,
                })
            },
            DeliveryOutcome::StillUnknown(outcome) => Self::delivery(outcome, id).still_unknown(id),
        }
    }

    /// A queue has accepted the message.
    fn queued(queued: &Queued, id: &str) -> Self {
        let before = if queued.earlier { "an identical call has queued it; " } else { "" };
        let (robot, detail) = match &queued.standing {
            Some(Standing::Waiting(waiting)) => (waiting.robot.clone(), waiting.to_string()),
            Some(Standing::Sending) => (None, "it is being sent".to_owned()),
            _ => (None, "it waits for its robot".to_owned()),
        };
        Self {
            id: Some(id.to_owned()),
            robot,
            detail: Some(format!("{before}{detail}")),
            ..Self::of(CallStatus::Queued).advise(
                "Not sent yet: it is stored, and will be sent when the robot has a free slot. Do not repeat the call. \
                 To see its progress, call get_message_status with this id.",
            )
        }
    }

    /// Nothing was sent this time, but an earlier identical call may have delivered the message.
    fn still_unknown(self, id: &str) -> Self {
        let detail = self.detail.as_deref().unwrap_or_default();
        let detail =
            format!("an earlier identical call may have delivered it; this time it was not sent: {detail}");
        Self { status: CallStatus::Unknown, id: Some(id.to_owned()), detail: Some(detail), ..self }
            .advise(MAY_HAVE_ARRIVED)
    }

    /// The same call has already delivered the message.
    fn duplicate(receipt: &Receipt, age: Duration) -> Self {
        let advice = format!(
            "Nothing was sent: the same call delivered this message {} s ago. To send it again on purpose, change the \
             text, or call again after {} s.",
            age.as_secs(),
            WINDOW.as_secs()
        );
        Self {
            id: Some(receipt.id.clone()),
            retry_after_seconds: Some(whole_seconds(WINDOW.saturating_sub(age))),
            ..Self::of(CallStatus::Duplicate).advise(advice)
        }
    }

    /// The message was not delivered, or may not have been.
    fn failed(error: &Error) -> Self {
        let status = CallStatus::from(error);
        let answer = match status {
            CallStatus::Unknown => Self::of(status).advise(MAY_HAVE_ARRIVED),
            _ => Self::of(status).advise(format!("Not sent. {}", advice(error))),
        };
        let retry_after = error.retry_after().filter(|_| status == CallStatus::Throttled);
        Self {
            id: error.id().filter(|_| status == CallStatus::Unknown).map(str::to_owned),
            reason: Some(Reason::Failure(error.kind())),
            detail: Some(error.detail()),
            code: error.code(),
            retry_after_seconds: retry_after.map(whole_seconds),
            ..answer
        }
    }

    /// Says whom the message mentions, if it was or may have been sent.
    pub(crate) fn mention(mut self, mentioned: Vec<String>) -> Self {
        if matches!(
            self.status,
            CallStatus::Delivered | CallStatus::Queued | CallStatus::Duplicate | CallStatus::Unknown
        ) {
            self.mentioned = mentioned;
            self.mentioned.iter_mut().for_each(escape_controls);
        }
        self
    }

    /// Hides the numbers of named people, and escapes characters that could pass for the end of a line. In a request,
    /// only numbers are hidden: it is shown as JSON.
    pub(crate) fn safe_to_show(mut self, hidden: &Hidden) -> Self {
        for text in self.detail.iter_mut().chain(&mut self.faults) {
            hidden.hide(text);
        }
        for text in self.detail.iter_mut().chain(&mut self.faults).chain(&mut self.id).chain(&mut self.robot)
        {
            escape_controls(text);
        }
        if let Some(request) = &mut self.request {
            hide_in(request, hidden);
        }
        self
    }
}

/// Returns one request as an object, and those of a message in parts as a list.
pub(crate) fn requests_as_json(requests: &[WireMessage]) -> serde_json::Result<Value> {
    match requests {
        [request] => serde_json::to_value(request),
        parts => serde_json::to_value(parts),
    }
}

/// Hides the numbers of named people in a text, and escapes characters that could pass for the end of a line.
#[cfg(feature = "program")]
pub(crate) fn safe_to_show(mut text: String, hidden: &Hidden) -> String {
    hidden.hide(&mut text);
    escape_controls(&mut text);
    text
}

fn advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::RateLimited => RATE_LIMITED,
        ErrorKind::TooLong => TOO_LONG,
        _ => error.advice(Language::En),
    }
}

/// Returns the duration in seconds, rounded up: a call that comes a moment too early is refused again.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

fn why(stop: Stop) -> &'static str {
    match stop {
        Stop::Cancelled => "the call was cancelled",
        Stop::Overdue => "the delivery exceeded the deadline of a call",
        Stop::Lost => "the delivery ended unexpectedly",
        Stop::NoQueue => "an identical call has queued it, and this server does not serve the queue",
        Stop::GivenUp => {
            "an identical call has queued it, and the queue gave it up after it may have arrived"
        }
        Stop::Elsewhere => "another process makes the same call, and its outcome was not known in time",
    }
}

fn hide_in(value: &mut Value, hidden: &Hidden) {
    match value {
        Value::String(text) => hidden.hide(text),
        Value::Array(elements) => elements.iter_mut().for_each(|element| hide_in(element, hidden)),
        Value::Object(members) => members.values_mut().for_each(|member| hide_in(member, hidden)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes control characters, and those that change how text is shown, as escapes.
pub(crate) fn escape_controls(text: &mut String) {
    let hides = |c: char| c.is_control() || is_invisible(c);
    if text.contains(hides) {
        let escaped = |c: char| match c {
            c if c.is_control() => c.escape_debug().to_string(),
            c if is_invisible(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        };
        *text = text.chars().map(escaped).collect();
    }
}

#[cfg(test)]
pub(crate) mod tests;
