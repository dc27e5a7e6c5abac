//! The commands for the five types of message.

use dingtalk_core::tool::ToolType;
use serde_json::{Map, Value, json};

use super::{
    super::words::words,
    arguments::{MessageArguments, SendArguments},
    call::{Call, Flags},
    hyphens::fault_of,
    input::{Input, Problem},
};
use crate::builtin_tools;

/// Flags of the built-in tools' parameters.
const FLAGS: [(&str, &str); 10] = [
    ("text", "the text"),
    ("title", "--title"),
    ("url", "--url"),
    ("pictureUrl", "--picture"),
    ("buttons", "--button"),
    ("items", "--item"),
    ("atMobiles", "--at"),
    ("atUserIds", "--at-user"),
    ("atAll", "--at-all"),
    ("robot", "--robot"),
];

/// Returns the call for the message.
pub(super) fn call(message: &MessageArguments, options: &SendArguments) -> Result<Call, Problem> {
    let mut arguments = Map::new();
    let mut faults = Vec::new();
    let mut give = |name: &str, value: Value| arguments.insert(name.to_owned(), value);
    let name = match message {
        MessageArguments::Text { text } => {
            give("text", text_of(text)?);
            "send_text_message"
        }
        MessageArguments::Markdown { title, text } => {
            give("title", json!(title));
            give("text", text_of(text)?);
            "send_markdown_message"
        }
        MessageArguments::Link { title, url, picture, text } => {
            give("title", json!(title));
            give("url", json!(url));
            give("pictureUrl", json!(picture));
            give("text", text_of(text)?);
            "send_link_message"
        }
        MessageArguments::ActionCard { title, buttons, text } => {
            give("title", json!(title));
            give("text", text_of(text)?);
            let button = |button: &String| {
                let Some((label, url)) = label_and_url(button) else {
                    faults.push(words(
                        format!("--button: expected LABEL=URL, found {button:?}"),
                        format!("--button：应写成 LABEL=URL（文字=链接），而不是 {button:?}"),
                    ));
                    return None;
                };
                Some(json!({"label": label, "url": url}))
            };
            let buttons: Vec<Value> = buttons.iter().filter_map(button).collect();
            give("buttons", json!(buttons));
            "send_action_card_message"
        }
        MessageArguments::FeedCard { items } => {
            let item = |item: &[String]| json!({"title": item[0], "url": item[1], "pictureUrl": item[2]});
            give("items", items.chunks_exact(3).map(item).collect());
            "send_feed_card_message"
        }
    };
    let tool = builtin_tools().into_iter().find(|tool| tool.spec().name == name);
    let tool = tool.ok_or_else(|| Problem::Failed("the tool is missing".to_owned()))?;
    faults.extend(hyphens(message));
    mention(&tool, options, &mut arguments, &mut faults);
    Ok(Call { tool, arguments, flags: Flags::new(FLAGS), faults })
}

/// Returns the faults of values that are probably options.
fn hyphens(message: &MessageArguments) -> Vec<String> {
    let (mut values, text): (Vec<(&str, &str)>, Option<&Input>) = match message {
        MessageArguments::Text { text } => (Vec::new(), Some(text)),
        MessageArguments::Markdown { title, text } => (vec![("--title", &**title)], Some(text)),
        MessageArguments::Link { title, url, picture, text } => {
            let picture = picture.iter().map(|picture| ("--picture", &**picture));
            (picture.chain([("--title", &**title), ("--url", &**url)]).collect(), Some(text))
        }
        MessageArguments::ActionCard { title, buttons, text } => {
            let buttons = buttons.iter().map(|button| ("--button", &**button));
            (buttons.chain([("--title", &**title)]).collect(), Some(text))
        }
        MessageArguments::FeedCard { items } => {
            (items.iter().map(|item| ("--item", &**item)).collect(), None)
        }
    };
    values.extend(text.and_then(Input::given).map(|text| ("", text)));
    values.into_iter().filter_map(|(flag, value)| fault_of(flag, value)).collect()
}

fn text_of(given: &Input) -> Result<Value, Problem> {
    given.text().map(Value::String)
}

/// Adds the people to mention, if the type of message mentions anyone.
fn mention(
    tool: &ToolType,
    options: &SendArguments,
    given: &mut Map<String, Value>,
    faults: &mut Vec<String>,
) {
    let spec = tool.spec();
    let people = |people: &[String]| (!people.is_empty()).then(|| json!(people));
    for (flag, name, value) in [
        ("--at", "atMobiles", people(&options.at)),
        ("--at-user", "atUserIds", people(&options.at_user)),
        ("--at-all", "atAll", options.at_all.then(|| json!(true))),
    ] {
        let Some(value) = value else { continue };
        if spec.parameters.iter().any(|parameter| parameter.field.name == name) {
            given.insert(name.to_owned(), value);
        } else {
            faults.push(words(
                format!(
                    "{flag}: this type of message cannot mention anyone; send `text` or `markdown` instead"
                ),
                format!("{flag}：这种消息不能 @ 人；请改用 `text` 或 `markdown`"),
            ));
        }
    }
}

/// Separates the label of a button from its address. Either may contain `=`.
fn label_and_url(button: &str) -> Option<(&str, &str)> {
    let scheme = |(at, _): &(usize, &str)| {
        let url = button[at + 1..].trim_start().to_ascii_lowercase();
        ["http://", "https://", "dingtalk://"].iter().any(|scheme| url.starts_with(scheme))
    };
    let at = button.match_indices('=').find(scheme).map(|(at, _)| at).or_else(|| button.find('='))?;
    Some((&button[..at], &button[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_may_have_equals_signs_in_its_label_and_in_its_address() {
        for (button, label, url) in [
            ("Open=https://example.com/?a=b", "Open", "https://example.com/?a=b"),
            ("a=b=https://example.com", "a=b", "https://example.com"),
            (
                "x = HTTP://example.com/?to=https://example.org",
                "x ",
                " HTTP://example.com/?to=https://example.org",
            ),
            ("App=dingtalk://page?a=1", "App", "dingtalk://page?a=1"),
            ("Open=example.com/?a=b", "Open", "example.com/?a=b"),
        ] {
            assert_eq!(label_and_url(button), Some((label, url)), "{button}");
        }
        assert_eq!(label_and_url("https://example.com"), None);
    }
}
