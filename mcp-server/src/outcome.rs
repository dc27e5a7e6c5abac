//! What a call answers: the same facts as text and as structured content, since some clients show only one of them.

use dingtalk_core::{Error, ErrorKind, Faults, Language, Outcome, Receipt};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

/// The message was taken.
pub(crate) fn delivered(receipt: &Receipt) -> CallToolResult {
    let robot = receipt.robot.as_ref().or(receipt.robot_id.as_ref());
    let status = match receipt.outcome {
        Outcome::Delivered => "delivered",
        _ => "accepted",
    };
    let mut facts = facts(status);
    facts.insert("id".to_owned(), json!(receipt.id));
    let mut text = format!("Status: {status}. The message is in the group. Id: {}.", receipt.id);
    if let Some(robot) = robot {
        facts.insert("robot".to_owned(), json!(robot));
        text.push_str(&format!(" Robot: {robot}."));
    }
    result(false, text, facts)
}

/// The arguments were wrong; nothing was sent.
pub(crate) fn invalid(faults: &Faults) -> CallToolResult {
    let lines: Vec<String> = faults.iter().map(|fault| format!("- {fault}")).collect();
    let mut facts = facts("refused");
    facts.insert("faults".to_owned(), faults.iter().map(|fault| json!(fault.to_string())).collect());
    let advice = "Change the arguments and call again.";
    facts.insert("advice".to_owned(), json!(advice));
    let text = format!("Status: refused. Nothing was sent:\n{}\n{advice}", lines.join("\n"));
    result(true, text, facts)
}

/// The message was not delivered, or may not have been.
pub(crate) fn failed(error: &Error) -> CallToolResult {
    let status = match error.kind() {
        ErrorKind::Unknown => "unknown",
        ErrorKind::Throttled | ErrorKind::AddressBlocked => "throttled",
        _ => "refused",
    };
    let mut facts = facts(status);
    let mut text = format!("Status: {status}. {error}");
    facts.insert("reason".to_owned(), json!(error.kind()));
    if let Some(code) = error.code() {
        facts.insert("code".to_owned(), json!(code));
        text.push_str(&format!("\nCode: {code}."));
    }
    if let Some(message) = error.server_message() {
        facts.insert("message".to_owned(), json!(message));
        text.push_str(&format!("\nDingTalk said: {message:?}"));
    }
    if let Some(id) = error.id() {
        facts.insert("id".to_owned(), json!(id));
        text.push_str(&format!("\nId: {id}."));
    }
    facts.insert("advice".to_owned(), json!(error.advice(Language::En)));
    result(true, text, facts)
}

/// The client gave the call up.
pub(crate) fn cancelled() -> CallToolResult {
    let advice =
        "The call was cancelled while it was on its way: the message may have arrived; do not repeat it.";
    let mut facts = facts("unknown");
    facts.insert("advice".to_owned(), json!(advice));
    result(true, format!("Status: unknown. {advice}"), facts)
}

fn facts(status: &str) -> Map<String, Value> {
    Map::from_iter([("status".to_owned(), json!(status))])
}

fn result(is_error: bool, text: String, facts: Map<String, Value>) -> CallToolResult {
    let content = vec![ContentBlock::text(text)];
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = Some(Value::Object(facts));
    result
}
