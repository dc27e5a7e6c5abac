//! Rules on a whole message. A comment above each shows a violation, in the notation of the attributes.

use std::collections::HashSet;

use super::{
    DeclaredMessage, FieldLocation, Findings, Location, MessageKind, MessagePart, MessageTemplates, Role,
    Templates,
};
use crate::{Line, MAX_BODY_BYTES, Piece, Row};

/// Checks that the message has every part that its kind requires, and returns the result. With `incomplete`, part of
/// the declaration could not be parsed: nothing is reported as missing, because it may only be misspelt.
pub fn check_message(message: &MessageTemplates, incomplete: bool, findings: &mut Findings) -> bool {
    let mut missing = Vec::new();
    let kind = message.kind.key();
    for (part, why) in message.kind.parts() {
        if let (Some(why), None) = (why, message.part(*part)) {
            let key = part.key();
            missing.push(format!("`{kind}` needs a `{key}`: {why}; add `{key} = \"…\"`"));
        }
    }
    if message.kind == MessageKind::ActionCard && message.buttons.is_empty() && message.button_list.is_none()
    {
        missing.push(format!("an action card needs a button: add `{}`", findings.dialect.button()));
    }
    if message.kind == MessageKind::FeedCard && message.items.is_none() {
        missing.push("`feed_card` needs its items: add `items = field` with a `Vec` field".to_owned());
    }
    let complete = missing.is_empty();
    if !incomplete {
        for problem in missing {
            findings.push(Location::Message, problem);
        }
    }
    complete
}

/// The problem of a button without a page.
pub const LOOSE_BUTTON: &str = "a button leads somewhere: add `url = \"…\"`";

/// Returns the problem of a second message in one notification.
pub fn second_message(first: &str) -> String {
    format!("a notification is one message, and this one is `{first}` already: remove one")
}

/// Returns the problem of a field with two roles.
pub fn second_role(first: &str, second: &str) -> String {
    format!("a field is either `{first}` or `{second}`: remove one")
}

/// Returns the problem of a value of a choice, if it has one.
pub fn choice_value_problem(value: &str) -> Option<&'static str> {
    (value.trim().is_empty() || value.trim() != value)
        .then_some("a value is a word: write it without white space around it")
}

/// Reports fields that are not used; `used` contains those that a template or an expression names.
pub(super) fn unused(declared: &DeclaredMessage<'_>, used: &HashSet<String>, findings: &mut Findings) {
    let dialect = findings.dialect;
    // struct Alert { host: String, note: String } with text("{host}")
    let by_lines = has_lines_only(declared.message);
    for (index, field) in declared.fields.iter().enumerate() {
        let name = &field.name;
        if field.role != Role::Value || field.incomplete || used.contains(name) {
            continue;
        }
        let how = if by_lines {
            format!("give it a `{}`", dialect.on_field("line", "\"… {} …\""))
        } else {
            format!("write `{{{name}}}` where it belongs")
        };
        let message = format!("no template shows `{name}`: {how}, or {}", dialect.not_shown());
        findings.of_field(index, FieldLocation::Name, message);
    }
    // with(short = …) that no slot names
    for (index, name) in declared
        .computed
        .iter()
        .enumerate()
        .filter(|(_, name)| !declared.incomplete && !used.contains(**name))
    {
        findings.push(
            Location::Computed(index),
            format!("no template shows `{name}`: write `{{{name}}}` where it belongs, or remove it"),
        );
    }
}

/// Reports whether the text consists of the lines of all fields, in order.
fn has_lines_only(message: &MessageTemplates) -> bool {
    message.kind == MessageKind::Markdown && message.part(MessagePart::Text).is_none()
}

/// Checks the fixed text against the requirements of DingTalk and of the robot.
pub(super) fn static_text(declared: &DeclaredMessage<'_>, templates: &Templates, findings: &mut Findings) {
    let message = declared.message;
    // text("")
    for (part, template) in &message.parts {
        if matches!(part, MessagePart::Title | MessagePart::Text)
            && message.kind != MessageKind::Fragment
            && template.trim().is_empty()
        {
            let key = part.key();
            let problem = format!("DingTalk refuses a message with an empty {key}: write it");
            findings.push(Location::Part(*part), problem);
        }
    }
    // markdown(title = "alert") without a field that has a line
    let lines = || templates.part(MessagePart::Text).map_or(0, |text| text.rows().count());
    if has_lines_only(message) && !declared.incomplete && lines() == 0 {
        findings.push(
            Location::Message,
            "no field has a `line`, so the message would be empty: add `text = \"…\"`, or `line`s to fields",
        );
    }
    let bytes: usize = templates.static_texts().map(str::len).sum();
    // markdown(title = "…", text = include of a whole manual)
    if bytes > MAX_BODY_BYTES {
        let longest = message.templates().max_by_key(|(_, template)| template.len());
        findings.push(
            longest.map_or(Location::Message, |(location, _)| location),
            format!(
                "the fixed text alone has {bytes} bytes, and DingTalk takes {MAX_BODY_BYTES} for the whole message: \
                 shorten it, or link to a page"
            ),
        );
    }
    // A keyword on a feed item or fragment is refused elsewhere.
    if let Some(keyword) = declared.keyword.filter(|_| message.kind.is_message()) {
        robot_keyword(keyword, message, templates, findings);
    }
}

/// keyword = "告警", text("{host} is down")
fn robot_keyword(keyword: &str, message: &MessageTemplates, templates: &Templates, findings: &mut Findings) {
    let mut shown = templates
        .parts
        .iter()
        .filter(|(part, _)| matches!(part, MessagePart::Title | MessagePart::Text))
        // A repeated line may have no values, and then is not written.
        .flat_map(|(_, template)| template.rows().filter(|row| matches!(row, Row::Line(_))))
        .filter_map(Row::line)
        .flat_map(Line::pieces)
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        });
    let problem = if keyword.trim().is_empty() {
        "the robot's keyword is empty: write it as the robot's security settings have it".to_owned()
    } else if message.kind == MessageKind::FeedCard {
        // keyword = "news", feed_card(items = news)
        "a feed card has no text that is there whatever its items are: remove `keyword`".to_owned()
    } else if !shown.any(|text| text.contains(keyword)) {
        format!(
            "the robot refuses a message without its keyword, and no title or text says `{keyword}` whatever the values \
             are: write it into a template"
        )
    } else {
        return;
    };
    findings.push(Location::Keyword, problem);
}
