//! An answer in the terms of the protocol: the same facts as text and as structured content, since some clients show
//! only one of them. The text is written from the structure, so that neither can say more than the other.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::{
    answer::{Answer, CallStatus},
    status::StatusAnswer,
};

pub(super) fn of(answer: &Answer) -> CallToolResult {
    // A reader of only the first words must not believe that anything was sent.
    let heading = if answer.status == CallStatus::DryRun { "NOT SENT\n" } else { "" };
    let is_error = matches!(answer.status, CallStatus::Refused | CallStatus::Throttled | CallStatus::Unknown);
    result(answer, heading, is_error)
}

pub(super) fn of_status(answer: &StatusAnswer) -> CallToolResult {
    result(answer, "", answer.status.is_error())
}

fn result(answer: &impl Serialize, heading: &str, is_error: bool) -> CallToolResult {
    let facts = match serde_json::to_value(answer) {
        Ok(Value::Object(facts)) => facts,
        // An answer is an object.
        _ => Map::new(),
    };
    let content = vec![ContentBlock::text(format!("{heading}{}", text(&facts)))];
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = Some(Value::Object(facts));
    result
}

/// Writes one line for each fact, and one for each element of a list.
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
