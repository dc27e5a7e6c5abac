//! The question to a person, and the answer that means yes.

use dingtalk_core::Message;
use rmcp::model::{ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, EnumSchema};
use serde_json::Value;

use crate::call::policy::Question;

/// The only field of the form.
const ANSWER: &str = "answer";

/// The only answer that counts.
const YES: &str = "yes";
const NO: &str = "no";

/// Length of the beginning of a message that is shown, in characters.
const SHOWN: usize = 200;

/// A form with one required choice and no default.
pub(super) fn form(question: Question, message: &Message, robot: Option<&str>) -> ElicitRequestParams {
    let group = robot
        .map_or_else(|| "the DingTalk (钉钉) group".to_owned(), |robot| format!("the group of `{robot}`"));
    let asked = match question {
        Question::AtAll => format!("Notify everybody in {group} with this message (@all)?"),
        Question::Send => format!("Send this message to {group}?"),
    };
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: format!("{asked} It cannot be recalled.\n\n{}", beginning(message)),
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

/// Returns the beginning of a message, as a person reads it: a question must show what it is about.
fn beginning(message: &Message) -> String {
    let text = match message {
        Message::Text(text) => text.content.clone(),
        Message::Markdown(markdown) => format!("{}\n{}", markdown.title, markdown.text),
        Message::Link(link) => format!("{}\n{}\n{}", link.title, link.text, link.url),
        Message::ActionCard(card) => format!("{}\n{}", card.title, card.text),
        Message::FeedCard(card) => card.items.iter().map(|item| &*item.title).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    };
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
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
        let form = form(Question::AtAll, &Message::text("Disk is full\u{7}"), Some("ops"));
        let form = serde_json::to_value(form).unwrap();
        assert_eq!(
            form["requestedSchema"],
            json!({
                "type": "object",
                "properties": {"answer": {"type": "string", "enum": ["no", "yes"]}},
                "required": ["answer"]
            })
        );
        let expected = "Notify everybody in the group of `ops` with this message (@all)? It cannot be recalled.\n\n> Disk is full";
        assert_eq!(form["message"], expected);
    }

    #[test]
    fn a_long_message_is_shown_by_its_beginning() {
        let shown = beginning(&Message::text("汉".repeat(300)));
        assert_eq!(shown.chars().count(), 2 + SHOWN + 1);
        assert!(shown.ends_with('…'));
    }
}
