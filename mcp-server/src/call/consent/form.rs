//! The question to a person, and the answer that means yes.

use dingtalk_core::{Message, delivery::Language};
use rmcp::model::{ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, EnumSchema};
use serde_json::Value;

use super::{shown, words::Words};
use crate::call::policy::Question;

/// The only field of the form.
const ANSWER: &str = "answer";

/// The only answer that counts.
const YES: &str = "yes";
const NO: &str = "no";

/// A form with one required choice and no default. `hide` replaces the numbers of people with names.
pub(super) fn form(
    question: Question,
    message: &Message,
    robot: Option<&str>,
    language: Language,
    hide: impl Fn(&mut String),
) -> ElicitRequestParams {
    let words = Words(language);
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: format!("{}\n\n{}", words.question(question, robot), shown::describe(message, words, hide)),
        requested_schema: schema(),
    }
}

fn schema() -> ElicitationSchema {
    let choice = EnumSchema::builder(vec![NO.to_owned(), YES.to_owned()]).untitled().build();
    ElicitationSchema::builder().required_enum_schema(ANSWER, choice).build_unchecked()
}

/// Reports whether a person chose yes. An accepted form without the exact answer does not count.
pub(super) fn is_yes(answer: &ElicitResult) -> bool {
    let chosen = answer.content.as_ref().and_then(|content| content.get(ANSWER));
    answer.action == ElicitationAction::Accept && chosen.and_then(Value::as_str) == Some(YES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(action: &str, content: &Value) -> ElicitResult {
        serde_json::from_value(json!({"action": action, "content": content})).unwrap()
    }

    #[test]
    fn only_the_exact_yes_counts() {
        assert!(is_yes(&answer("accept", &json!({"answer": "yes"}))));
        for (action, content) in [
            ("accept", json!({})),
            ("accept", json!(null)),
            ("accept", json!({"answer": "no"})),
            ("accept", json!({"answer": "Yes"})),
            ("accept", json!({"answer": true})),
            ("accept", json!({"confirm": "yes"})),
            ("accept", json!("yes")),
            ("decline", json!({"answer": "yes"})),
            ("cancel", json!({"answer": "yes"})),
        ] {
            assert!(!is_yes(&answer(action, &content)), "{action} {content}");
        }
    }

    #[test]
    fn the_form_has_a_required_choice_and_no_default() {
        let form =
            form(Question::AtAll, &Message::text("Disk is full\u{7}"), Some("ops"), Language::En, |_| ());
        let form = serde_json::to_value(form).unwrap();
        assert_eq!(
            form["requestedSchema"],
            json!({
                "type": "object",
                "properties": {"answer": {"type": "string", "enum": ["no", "yes"]}},
                "required": ["answer"]
            })
        );
        let expected = "Notify everybody in the group of `ops` with this message (@all)? It cannot be recalled.\n\n\
            A text message that mentions nobody, without links.\n\n    Text:\n    | Disk is full";
        assert_eq!(form["message"], expected);
    }

    #[test]
    fn a_chinese_form_asks_in_chinese() {
        for (question, robot, expected) in [
            (Question::AtAll, Some("ops"), "要用这条消息 @所有人，通知 `ops` 所在的群里的每个人吗？"),
            (Question::AtAll, None, "要用这条消息 @所有人，通知钉钉群里的每个人吗？"),
            (Question::Send, Some("ops"), "要把这条消息发送到 `ops` 所在的群吗？"),
            (Question::Send, None, "要把这条消息发送到钉钉群吗？"),
        ] {
            let form = form(question, &Message::text("磁盘已满"), robot, Language::Zh, |_| ());
            let form = serde_json::to_value(form).unwrap();
            let rest = "发送后无法撤回。同意请选 yes，不同意请选 no。\n\n一条文本消息，不 @ 任何人，不含链接。\n\n    正文：\n    | 磁盘已满";
            assert_eq!(form["message"], format!("{expected}{rest}"));
        }
    }
}
