//! What a call answers: the same facts as text and as structured content, since some clients show only one of them. The
//! text is written from the structure, so that neither can say more than the other.

use dingtalk_core::{CallStatus, Error, Faults, Language, Receipt};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

/// The message was taken.
pub(crate) fn delivered(receipt: &Receipt) -> CallToolResult {
    let mut facts = facts(receipt.outcome.into());
    facts.insert("id".to_owned(), json!(receipt.id));
    if let Some(robot) = receipt.robot.as_ref().or(receipt.robot_id.as_ref()) {
        facts.insert("robot".to_owned(), json!(robot));
    }
    result(false, facts)
}

/// The arguments were wrong; nothing was sent.
pub(crate) fn invalid(faults: &Faults) -> CallToolResult {
    let mut facts = facts(CallStatus::Refused);
    facts.insert("faults".to_owned(), faults.iter().map(|fault| json!(fault.to_string())).collect());
    facts.insert("advice".to_owned(), json!("Nothing was sent. Change the arguments and call again."));
    result(true, facts)
}

/// The message was not delivered, or may not have been.
pub(crate) fn failed(error: &Error) -> CallToolResult {
    let mut facts = facts(error.into());
    facts.insert("reason".to_owned(), json!(error.kind()));
    let (detail, advice) = (error.to_string(), error.advice(Language::En));
    // An error ends with its advice, which is a fact of its own here.
    facts.insert("detail".to_owned(), json!(detail.strip_suffix(advice).unwrap_or(&detail).trim_end()));
    if let Some(code) = error.code() {
        facts.insert("code".to_owned(), json!(code));
    }
    if let Some(message) = error.server_message() {
        facts.insert("message".to_owned(), json!(message));
    }
    if let Some(id) = error.id() {
        facts.insert("id".to_owned(), json!(id));
    }
    facts.insert("advice".to_owned(), json!(advice));
    result(true, facts)
}

/// The client gave the call up.
pub(crate) fn cancelled() -> CallToolResult {
    let mut facts = facts(CallStatus::Unknown);
    let advice = "The call was cancelled while it was on its way. Look in the group before you repeat it.";
    facts.insert("advice".to_owned(), json!(advice));
    result(true, facts)
}

fn facts(status: CallStatus) -> Map<String, Value> {
    Map::from_iter([("status".to_owned(), json!(status.as_str()))])
}

fn result(is_error: bool, facts: Map<String, Value>) -> CallToolResult {
    let content = vec![ContentBlock::text(text(&facts))];
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = Some(Value::Object(facts));
    result
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
mod tests {
    use dingtalk_core::{Deployment, ErrorKind, Fault, Outcome, ToolSet};

    use super::*;
    use crate::builtin_tools;

    /// One answer of each kind.
    fn answers() -> Vec<CallToolResult> {
        let mut faults = Faults::default();
        faults.push(Fault::new("title", "is missing: give a string"));
        faults.push(Fault::new("atAll", "must be a boolean").given("the string \"yes\""));
        let mut receipt = Receipt::new("01J0000000000000000000000A", Outcome::Delivered);
        receipt.robot = Some("operations".to_owned());
        let mut answers = vec![delivered(&receipt), invalid(&faults), cancelled()];
        for kind in [
            ErrorKind::Configuration,
            ErrorKind::NotSent,
            ErrorKind::Unknown,
            ErrorKind::Signature,
            ErrorKind::Throttled,
            ErrorKind::Busy,
            ErrorKind::QuotaExhausted,
        ] {
            answers.push(failed(&Error::new(kind, "a cause").with_id("01J0000000000000000000000B")));
        }
        answers
    }

    #[test]
    fn text_and_structure_carry_the_same_facts() {
        for answer in answers() {
            let answer = serde_json::to_value(answer).unwrap();
            let text = answer["content"][0]["text"].as_str().unwrap();
            let mut lines = text.lines();
            for (name, value) in answer["structuredContent"].as_object().unwrap() {
                let line = lines.next().unwrap();
                match value {
                    Value::Array(elements) => {
                        assert_eq!(line, format!("{name}:"));
                        for element in elements {
                            assert_eq!(lines.next().unwrap(), format!("- {}", element.as_str().unwrap()));
                        }
                    }
                    Value::String(text) => assert_eq!(line, format!("{name}: {text}")),
                    other => assert_eq!(line, format!("{name}: {other}")),
                }
            }
            assert_eq!(lines.next(), None, "the text says more than the structure: {text}");
        }
    }

    #[test]
    fn every_fact_is_in_the_output_schema() {
        let set = ToolSet::new(builtin_tools()).unwrap();
        let schema = &set.definitions(&Deployment::new())[0].output_schema;
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        for answer in answers() {
            let facts = answer.structured_content.unwrap();
            for (name, value) in facts.as_object().unwrap() {
                assert!(names.contains(&name), "{name} is not in {names:?}");
                let kind = match value {
                    Value::Array(_) => "array",
                    Value::Number(_) => "integer",
                    _ => "string",
                };
                assert_eq!(schema["properties"][name]["type"], kind, "{name}");
            }
            assert!(schema["properties"]["status"]["enum"].as_array().unwrap().contains(&facts["status"]));
        }
    }

    #[test]
    fn only_a_failure_is_an_error() {
        let errors: Vec<bool> = answers().iter().map(|answer| answer.is_error == Some(true)).collect();
        assert!(!errors[0] && errors[1..].iter().all(|error| *error), "{errors:?}");
    }

    #[test]
    fn what_may_have_arrived_is_not_called_refused() {
        for (kind, status) in [
            (ErrorKind::NotSent, "refused"),
            (ErrorKind::Busy, "unknown"),
            (ErrorKind::Unknown, "unknown"),
            (ErrorKind::AddressBlocked, "throttled"),
        ] {
            let facts = failed(&Error::new(kind, "")).structured_content.unwrap();
            assert_eq!(facts["status"], status, "{kind:?}");
        }
    }
}
