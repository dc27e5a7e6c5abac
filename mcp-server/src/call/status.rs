//! Questions for the status of a queued message, and their answers.

use std::{borrow::Cow, time::Duration};

use dingtalk_core::{
    ErrorKind,
    message::{Fault, Faults},
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    answer::{escape_controls, shown, whole_seconds},
    standing::{Accepted, Failed, Standing, Waiting},
};

/// The parameter of the tool.
pub(crate) const ID: &str = "id";

/// Maximum length of an id, in characters. Ids of this program have 26.
pub(crate) const MAX_ID: usize = 64;

/// The status of a message, as agents and programs read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageStatus {
    /// It waits for a slot, or for another attempt.
    Waiting,
    Sending,
    Delivered,
    /// It was given up, and has not arrived.
    Failed,
    /// It was given up, and may have arrived.
    Unknown,
    /// An operator removed it.
    Removed,
    /// The queue does not know the id.
    NotFound,
    /// The queue cannot be read.
    Unavailable,
}

impl MessageStatus {
    /// All statuses, in the order of the definition.
    pub(crate) const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Sending,
        Self::Delivered,
        Self::Failed,
        Self::Unknown,
        Self::Removed,
        Self::NotFound,
        Self::Unavailable,
    ];

    /// Returns the word in an answer.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Removed => "removed",
            Self::NotFound => "not_found",
            Self::Unavailable => "unavailable",
        }
    }

    /// Reports that the question was not answered.
    pub(crate) const fn is_error(self) -> bool {
        matches!(self, Self::NotFound | Self::Unavailable)
    }
}

impl Serialize for MessageStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The answer. Its serialized form conforms to the output schema of the definition.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusAnswer {
    pub(crate) status: MessageStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The name of the robot.
    #[serde(skip_serializing_if = "Option::is_none")]
    robot: Option<String>,
    /// Position among the waiting messages of the robot, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    /// Time until it is sent, approximately.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_seconds: Option<u64>,
    /// Time since its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ErrorKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<Cow<'static, str>>,
}

impl StatusAnswer {
    fn of(status: MessageStatus) -> Self {
        Self {
            status,
            id: None,
            robot: None,
            position: None,
            wait_seconds: None,
            age_seconds: None,
            reason: None,
            detail: None,
            faults: Vec::new(),
            advice: None,
        }
    }

    fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn new(standing: Standing) -> Self {
        match standing {
            Standing::Waiting(waiting) => Self::waiting(waiting),
            Standing::Sending => Self::of(MessageStatus::Sending),
            Standing::Delivered { age } => Self::of(MessageStatus::Delivered).aged(age),
            Standing::Failed(failed) => Self::failed(failed),
            Standing::Removed => Self::of(MessageStatus::Removed)
                .advise("The server's operator removed it from the queue: it is not sent. Tell the user."),
            Standing::Unknown => Self::of(MessageStatus::NotFound).advise(
                "The queue does not know this id: it was never queued, or its delivery is long past. Give the `id` of an \
                 answer with status queued.",
            ),
        }
    }

    fn waiting(waiting: Waiting) -> Self {
        Self {
            detail: waiting.failure.map(|failure| format!("the last attempt failed: {failure}")),
            robot: waiting.robot,
            position: waiting.position,
            wait_seconds: waiting.wait.map(whole_seconds),
            ..Self::of(MessageStatus::Waiting)
                .advise("It is sent without further calls. Do not repeat the call.")
        }
    }

    fn failed(failed: Failed) -> Self {
        let answer = if failed.may_have_arrived {
            Self::of(MessageStatus::Unknown)
                .advise("May have arrived; do not repeat. Ask a person to look in the group.")
        } else {
            Self::of(MessageStatus::Failed).advise(
                "Not delivered, and no longer in the queue. The server's operator can send it again; tell the user.",
            )
        };
        Self { reason: Some(failed.kind), detail: Some(failed.text), ..answer }.aged(failed.age)
    }

    fn aged(mut self, age: Duration) -> Self {
        self.age_seconds = Some(age.as_secs());
        self
    }

    fn invalid(faults: &Faults) -> Self {
        Self { faults: shown(faults), ..Self::of(MessageStatus::NotFound) }
            .advise("Give the `id` of an answer with status queued.")
    }
}

/// Answers a call of the tool.
pub(crate) async fn answer(queue: &dyn Accepted, mut arguments: Map<String, Value>) -> StatusAnswer {
    let mut faults = Faults::default();
    let id = match arguments.remove(ID) {
        Some(Value::String(id)) if !id.trim().is_empty() => id.trim().to_owned(),
        None | Some(Value::Null | Value::String(_)) => {
            faults.push(Fault::new(ID, "is missing"));
            String::new()
        }
        Some(other) => {
            faults.push(Fault::new(ID, "must be a string").given(other.to_string()));
            String::new()
        }
    };
    for unknown in arguments.keys() {
        faults.push(Fault::new(unknown.clone(), "is unknown: the only parameter is `id`"));
    }
    let length = id.chars().count();
    if length > MAX_ID {
        let rule = format!("must have at most {MAX_ID} characters");
        faults.push(Fault::new(ID, rule).given(length.to_string()));
    }
    if faults.is_empty() { of(queue, &id).await } else { StatusAnswer::invalid(&faults) }
}

/// Returns the status of the message with this id.
pub(crate) async fn of(queue: &dyn Accepted, id: &str) -> StatusAnswer {
    let mut answer = match queue.find(id).await {
        Ok(standing) => StatusAnswer::new(standing),
        Err(error) => StatusAnswer {
            detail: Some(error.detail()),
            ..StatusAnswer::of(MessageStatus::Unavailable).advise(
                "The queue cannot be read just now. Ask again later, or have the server's operator look at it.",
            )
        },
    };
    answer.id = Some(id.to_owned());
    for text in answer.id.iter_mut().chain(&mut answer.robot).chain(&mut answer.detail) {
        escape_controls(text);
    }
    answer
}

#[cfg(test)]
mod tests;
