//! Our requests equal those of two widely used clients, except for deliberate differences, which have names.

#![allow(clippy::unwrap_used, reason = "a recording that cannot be read fails the test")]

use std::collections::BTreeSet;

use dingtalk_core::{
    Message,
    message::{Button, Buttons, FeedItem, Mentions, Mobile, Url, UserId, WireMessage},
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

const README: &str = include_str!("../vectors/README.md");

/// A deliberate difference: changes a client's request into ours, and returns whether it had to.
type Decision = fn(body: &mut Value, input: &Value) -> bool;

/// In order of application; `vectors/README.md` explains them.
const DECISIONS: [(&str, Decision); 10] = [
    ("at_all_false", at_all_false),
    ("mention_appended_again", mention_appended_again),
    ("mention_twice", mention_twice),
    ("mention_not_in_text", mention_not_in_text),
    ("at_empty", at_empty),
    ("link_wrapped", link_wrapped),
    ("picture_empty", picture_empty),
    ("flag_as_number", flag_as_number),
    ("avatar_hidden_unasked", avatar_hidden_unasked),
    ("one_button_as_single", one_button_as_single),
];

/// Messages that a client refuses to send, or cannot express.
const NOT_SENT: [(&str, &str); 4] = [
    ("dingtalkchatbot-1.5.7", "text.blank"),
    ("dingtalkchatbot-1.5.7", "markdown.empty_title"),
    ("dingtalkchatbot-1.5.7", "action_multi.none"),
    ("npm-dingtalk-robot-sender-1.2.0", "action_single.plain"),
];

#[test]
fn bodies_equal_those_of_other_clients() {
    let mut used = BTreeSet::new();
    let mut not_sent = Vec::new();
    for recording in [
        include_str!("../vectors/dingtalkchatbot-1.5.7.json"),
        include_str!("../vectors/npm-dingtalk-robot-sender-1.2.0.json"),
    ] {
        let recording: Value = serde_json::from_str(recording).unwrap();
        let sender = text(&recording["sender"]);
        for vector in array(&recording["vectors"]) {
            let (case, input) = (text(&vector["case"]), &vector["input"]);
            let [request] = array(&vector["requests"]) else {
                not_sent.push((sender.to_owned(), case.to_owned()));
                continue;
            };
            let mut theirs: Value = serde_json::from_str(text(&request["body_utf8"])).unwrap();
            used.extend(
                DECISIONS.iter().filter_map(|(name, decision)| decision(&mut theirs, input).then_some(*name)),
            );
            let ours = serde_json::to_value(WireMessage::new(message(input))).unwrap();
            assert_eq!(ours, theirs, "{sender}: {case}");
        }
    }
    let expected: Vec<_> =
        NOT_SENT.iter().map(|(sender, case)| (sender.to_string(), case.to_string())).collect();
    assert_eq!(not_sent, expected);
    for (name, _) in DECISIONS {
        assert!(used.contains(name), "no recording needs the decision `{name}` any more");
        assert!(README.contains(&format!("| `{name}` |")), "vectors/README.md does not explain `{name}`");
    }
}

#[test]
fn our_own_bodies_can_be_parsed() {
    let recording = include_str!("../vectors/npm-dingtalk-robot-sender-1.2.0.json");
    let recording: Value = serde_json::from_str(recording).unwrap();
    for vector in array(&recording["vectors"]).iter().filter(|vector| vector["case"] != "action_multi.none") {
        let wire = WireMessage::with_id(message(&vector["input"]), "mine");
        let json = serde_json::to_string(&wire).unwrap();
        assert_eq!(serde_json::from_str::<WireMessage>(&json).unwrap(), wire, "{json}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, not {value}"))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("expected a list, not {value}"))
}

fn link(value: &Value) -> Url {
    Url::new(text(value)).unwrap()
}

/// The message that the recorded client was asked to send, in our types.
fn message(input: &Value) -> Message {
    let title = || text(&input["title"]);
    let body = || text(&input["text"]);
    let message = match text(&input["msgtype"]) {
        "text" => Message::text(text(&input["content"])),
        "markdown" => Message::markdown(title(), body()),
        "link" => Message::link(title(), body(), link(&input["message_url"])),
        "actionCard" => {
            let buttons = match input.get("btns") {
                Some(buttons) => Buttons::Several(
                    array(buttons)
                        .iter()
                        .map(|button| Button::new(text(&button[0]), link(&button[1])))
                        .collect(),
                ),
                None => {
                    Buttons::Single(Button::new(text(&input["single_title"]), link(&input["single_url"])))
                }
            };
            Message::action_card(title(), body(), buttons)
        }
        "feedCard" => Message::feed_card(
            array(&input["links"])
                .iter()
                .map(|item| FeedItem::new(text(&item[0]), link(&item[1]), link(&item[2]))),
        ),
        other => panic!("unknown type {other}"),
    };
    let people = |field: &str| {
        input["at"]
            .get(field)
            .map(array)
            .unwrap_or_default()
            .iter()
            .map(|id| text(id).to_owned())
            .collect::<Vec<_>>()
    };
    let mut mentions = Mentions::mobiles(people("mobiles").iter().map(|number| Mobile::new(number).unwrap()));
    mentions.merge(Mentions::user_ids(people("user_ids").iter().map(|id| UserId::new(id).unwrap())));
    if input["at"]["all"] == true {
        mentions.merge(Mentions::everybody());
    }
    message.with_mentions(mentions)
}

fn at_all_false(body: &mut Value, _: &Value) -> bool {
    remove_if(body.get_mut("at"), "isAtAll", &false.into())
}

fn at_empty(body: &mut Value, _: &Value) -> bool {
    remove_if(Some(body), "at", &Map::new().into())
}

fn mention_appended_again(body: &mut Value, input: &Value) -> bool {
    let mentions: String =
        mentioned(body, "atMobiles").iter().map(|number| "@".to_owned() + number).collect();
    let Some(text) = body_text(body).filter(|_| !mentions.is_empty()) else { return false };
    let given = input.get("content").unwrap_or(&input["text"]);
    let Some(shorter) = text.strip_suffix(&*mentions).and_then(|text| text.strip_suffix('\n')) else {
        return false;
    };
    assert_eq!(given, shorter, "only what the client appended is taken away");
    *text = shorter.to_owned();
    true
}

fn mention_twice(body: &mut Value, _: &Value) -> bool {
    let Some(Value::Array(numbers)) = body.pointer_mut("/at/atMobiles") else { return false };
    let before = numbers.len();
    numbers.dedup();
    numbers.len() < before
}

fn mention_not_in_text(body: &mut Value, _: &Value) -> bool {
    let separator = if body["msgtype"] == "text" { "\n" } else { "\n\n" };
    let people = [mentioned(body, "atMobiles"), mentioned(body, "atUserIds")].concat();
    let Some(text) = body_text(body) else { return false };
    let missing: Vec<String> =
        people.iter().map(|id| format!("@{id}")).filter(|mention| !text.contains(mention)).collect();
    if missing.is_empty() {
        return false;
    }
    *text += separator;
    *text += &missing.join(" ");
    true
}

fn link_wrapped(body: &mut Value, _: &Value) -> bool {
    const BEFORE: &str = "dingtalk://dingtalkclient/page/link?url=";
    const AFTER: &str = "&pc_slide=false";
    match body {
        Value::String(link) => {
            let Some(encoded) = link.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER)) else {
                return false;
            };
            *link = percent_decode_str(encoded).decode_utf8().unwrap().into_owned();
            true
        }
        Value::Array(parts) => {
            parts.iter_mut().map(|part| link_wrapped(part, &Value::Null)).max() == Some(true)
        }
        Value::Object(parts) => {
            parts.values_mut().map(|part| link_wrapped(part, &Value::Null)).max() == Some(true)
        }
        _ => false,
    }
}

fn picture_empty(body: &mut Value, _: &Value) -> bool {
    remove_if(body.get_mut("link"), "picUrl", &"".into())
}

fn flag_as_number(body: &mut Value, _: &Value) -> bool {
    let orientation = remove_if(body.get_mut("actionCard"), "btnOrientation", &0.into());
    remove_if(body.get_mut("actionCard"), "hideAvatar", &0.into()) || orientation
}

fn avatar_hidden_unasked(body: &mut Value, input: &Value) -> bool {
    input.get("hide_avatar").is_none() && remove_if(body.get_mut("actionCard"), "hideAvatar", &1.into())
}

fn one_button_as_single(body: &mut Value, input: &Value) -> bool {
    let card =
        body.get_mut("actionCard").and_then(Value::as_object_mut).filter(|_| input.get("btns").is_some());
    let Some(card) = card else { return false };
    let (Some(title), Some(url)) = (card.remove("singleTitle"), card.remove("singleURL")) else {
        return false;
    };
    card.insert("btns".to_owned(), serde_json::json!([{"title": title, "actionURL": url}]));
    true
}

/// Removes a field that has a given value.
fn remove_if(object: Option<&mut Value>, field: &str, value: &Value) -> bool {
    match object.and_then(Value::as_object_mut) {
        Some(fields) if fields.get(field) == Some(value) => fields.remove(field).is_some(),
        _ => false,
    }
}

fn mentioned(body: &Value, field: &str) -> Vec<String> {
    body["at"].get(field).map(array).unwrap_or_default().iter().map(|id| text(id).to_owned()).collect()
}

/// The text that contains mentions.
fn body_text(body: &mut Value) -> Option<&mut String> {
    let place = if body["msgtype"] == "text" { "/text/content" } else { "/markdown/text" };
    match body.pointer_mut(place) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
