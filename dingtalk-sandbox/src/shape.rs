//! What a body must look like: size, JSON, and the fields of the five types, written down a second time.
//!
//! The field names stand here again although `dingtalk-core` has them: a name misspelt there would be misspelt in
//! what it sends *and* in what it reads, and this table is what notices.

use dingtalk_core::message::WireMessage;
use serde_json::{Map, Value};

use crate::refusal::{self, Refusal};

/// Seen in refusals: the body may hold 20,000 bytes. That the whole body counts is the wording's; not measured.
pub(crate) const MAX_BYTES: usize = 20_000;

/// As documented beside `atUserIds`. Whether the 50 span both arrays is not said; the stricter reading is taken.
const MAX_MENTIONS: usize = 50;

/// A body that DingTalk would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) message: WireMessage,
    /// What DingTalk takes without a word although it will not do what the sender meant.
    pub(crate) warnings: Vec<String>,
}

/// One field of a message object.
struct Field {
    name: &'static str,
    holds: Holds,
    /// The code where it is missing; `None` where it may be left out.
    missing: Option<i64>,
}

enum Holds {
    Text,
    /// `"0"` or `"1"`, as strings.
    Flag,
    Objects(&'static [Field]),
}

/// One type: its `msgtype`, the code where its object is missing, and its fields in the order in which they are missed.
struct Kind {
    name: &'static str,
    missing: i64,
    fields: &'static [Field],
}

const fn text(name: &'static str, missing: i64) -> Field {
    Field { name, holds: Holds::Text, missing: Some(missing) }
}

const fn optional(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, missing: None }
}

// Codes seen in replies: 400201, 400202, 400302, 400303, 400304, 400401, 400402, 400403, 400503, 400602. The others are
// by pattern: hundreds for the type, 01 for its object, then the fields.
const KINDS: [Kind; 5] = [
    Kind { name: "text", missing: 400_201, fields: &[text("content", 400_202)] },
    Kind {
        name: "link",
        missing: 400_301,
        fields: &[
            text("text", 400_302),
            text("title", 400_303),
            text("messageUrl", 400_304),
            optional("picUrl", Holds::Text),
        ],
    },
    Kind { name: "markdown", missing: 400_401, fields: &[text("title", 400_402), text("text", 400_403)] },
    Kind {
        name: "actionCard",
        missing: 400_501,
        fields: &[
            text("title", 400_502),
            text("text", 400_503),
            optional("singleTitle", Holds::Text),
            optional("singleURL", Holds::Text),
            optional("btns", Holds::Objects(&[text("title", 400_507), text("actionURL", 400_508)])),
            optional("btnOrientation", Holds::Flag),
            optional("hideAvatar", Holds::Flag),
        ],
    },
    Kind {
        name: "feedCard",
        missing: 400_601,
        fields: &[Field {
            name: "links",
            holds: Holds::Objects(&[
                text("title", 400_603),
                text("messageURL", 400_604),
                text("picURL", 400_605),
            ]),
            missing: Some(400_602),
        }],
    },
];

/// By pattern.
const NO_BUTTONS: i64 = 400_504;
/// By pattern.
const NO_SINGLE_TITLE: i64 = 400_505;
/// By pattern.
const NO_SINGLE_URL: i64 = 400_506;

/// Reads a body, of which `length` bytes were sent, for a robot with these keywords.
pub(crate) fn read(body: &[u8], length: usize, keywords: &[String]) -> Result<Shape, Refusal> {
    if length > MAX_BYTES {
        return Err(refusal::TOO_LONG.into());
    }
    let Ok(Value::Object(mut top)) = serde_json::from_slice(body) else {
        return Err(refusal::NOT_JSON.into());
    };
    let kind = kind(&top)?;
    let object = match top.get_mut(kind.name) {
        None | Some(Value::Null) => return Err(Refusal::missing(kind.missing, kind.name)),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(Refusal::strict(&format!("`{}` is not an object", kind.name))),
    };
    check_object(object, kind.fields, kind.name)?;
    let mut warnings = Vec::new();
    if kind.name == "actionCard" {
        check_buttons(object, &mut warnings)?;
    }
    let object = Value::Object(object.clone());
    for name in top.keys() {
        if ![kind.name, "msgtype", "at", "msgUuid"].contains(&name.as_str()) {
            return Err(unknown_field(name));
        }
    }
    if top.get("msgUuid").is_some_and(|id| !matches!(id, Value::String(id) if !id.is_empty())) {
        return Err(Refusal::strict("`msgUuid` is not a text, or is empty"));
    }
    if let Some(at) = top.get("at") {
        check_mentions(at, kind, &object, &mut warnings)?;
    }
    if !keywords.is_empty() && !keywords.iter().any(|keyword| holds_keyword(&object, keyword)) {
        return Err(refusal::NO_KEYWORD.into());
    }
    let message =
        serde_json::from_value(Value::Object(top)).map_err(|error| Refusal::strict(&error.to_string()))?;
    Ok(Shape { message, warnings })
}

fn kind(top: &Map<String, Value>) -> Result<&'static Kind, Refusal> {
    let given = match top.get("msgtype") {
        None | Some(Value::Null) => return Err(refusal::NO_KIND.into()),
        Some(Value::String(given)) if given.is_empty() => return Err(refusal::NO_KIND.into()),
        Some(Value::String(given)) => given.clone(),
        Some(other) => other.to_string(),
    };
    KINDS.iter().find(|kind| kind.name == given).ok_or_else(|| Refusal::unsupported_kind(&given))
}

/// Checks the fields and removes optional ones that are null or empty, which DingTalk reads as absent.
fn check_object(object: &mut Map<String, Value>, fields: &[Field], path: &str) -> Result<(), Refusal> {
    object.retain(|name, value| {
        let optional = fields.iter().any(|field| field.name == name && field.missing.is_none());
        !(optional && is_absent(value))
    });
    for field in fields {
        let Some(code) = field.missing else { continue };
        if object.get(field.name).is_none_or(is_absent) {
            return Err(Refusal::missing(code, &format!("{path}->{}", field.name)));
        }
    }
    for (name, value) in object {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return Err(unknown_field(&format!("{path}.{name}")));
        };
        check_value(value, &field.holds, path, name)?;
    }
    Ok(())
}

fn check_value(value: &mut Value, holds: &Holds, path: &str, name: &str) -> Result<(), Refusal> {
    match (holds, value) {
        (Holds::Text, Value::String(_)) => Ok(()),
        (Holds::Flag, Value::String(flag)) if flag == "0" || flag == "1" => Ok(()),
        (Holds::Objects(fields), Value::Array(items)) => {
            items.iter_mut().enumerate().try_for_each(|(at, item)| {
                let path = format!("{path}->{name}[{at}]");
                match item {
                    Value::Object(item) => check_object(item, fields, &path),
                    _ => Err(Refusal::strict(&format!("`{path}` is not an object"))),
                }
            })
        }
        (Holds::Text, _) => Err(Refusal::strict(&format!("`{path}.{name}` is not a text"))),
        (Holds::Flag, _) => Err(Refusal::strict(&format!("`{path}.{name}` is not the text \"0\" or \"1\""))),
        (Holds::Objects(_), _) => Err(Refusal::strict(&format!("`{path}.{name}` is not an array"))),
    }
}

fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn check_buttons(card: &Map<String, Value>, warnings: &mut Vec<String>) -> Result<(), Refusal> {
    let given = |name| card.contains_key(name);
    match (given("singleTitle"), given("singleURL"), given("btns")) {
        (true, true, several) => {
            if several {
                warnings.push("`btns` is ignored: `singleTitle` and `singleURL` are given".to_owned());
            }
            Ok(())
        }
        (true, false, _) => Err(Refusal::missing(NO_SINGLE_URL, "actionCard->singleURL")),
        (false, true, _) => Err(Refusal::missing(NO_SINGLE_TITLE, "actionCard->singleTitle")),
        (false, false, true) => Ok(()),
        (false, false, false) => Err(Refusal::missing(NO_BUTTONS, "actionCard->btns")),
    }
}

fn unknown_field(path: &str) -> Refusal {
    Refusal::strict(&format!("unknown field `{path}`"))
}

fn check_mentions(
    at: &Value,
    kind: &Kind,
    object: &Value,
    warnings: &mut Vec<String>,
) -> Result<(), Refusal> {
    let Value::Object(at) = at else {
        return Err(Refusal::strict("`at` is not an object"));
    };
    let body = match kind.name {
        "text" => object["content"].as_str(),
        "markdown" => object["text"].as_str(),
        _ => None,
    };
    let mut people = 0;
    let mut mentions_all = false;
    for (name, value) in at {
        match (name.as_str(), value) {
            ("atMobiles" | "atUserIds", Value::Array(ids)) => {
                people += ids.len();
                for id in ids {
                    let id = match id {
                        Value::String(id) => id.clone(),
                        // Common, and known to reach people; the documentation has strings.
                        Value::Number(id) => id.to_string(),
                        _ => {
                            return Err(Refusal::strict(&format!(
                                "`at.{name}` holds something that is not a text"
                            )));
                        }
                    };
                    if body.is_some_and(|body| !holds_mention(body, &id)) {
                        warnings.push(format!("mention does not notify: the text does not hold `@{id}`"));
                    }
                }
            }
            ("isAtAll", Value::Bool(all)) => mentions_all = *all,
            ("atMobiles" | "atUserIds", _) => {
                return Err(Refusal::strict(&format!("`at.{name}` is not an array")));
            }
            ("isAtAll", _) => return Err(Refusal::strict("`at.isAtAll` is not true or false")),
            _ => return Err(unknown_field(&format!("at.{name}"))),
        }
    }
    if people > MAX_MENTIONS {
        return Err(Refusal::strict(&format!(
            "{people} people are mentioned, at most {MAX_MENTIONS} can be"
        )));
    }
    if body.is_none() && (people > 0 || mentions_all) {
        warnings.push(format!("mention does not notify: DingTalk documents no `at` for {}", kind.name));
    }
    Ok(())
}

/// Does `body` hold `@id`, and not as the beginning of a longer id?
fn holds_mention(body: &str, id: &str) -> bool {
    body.split('@').skip(1).any(|after| {
        after.strip_prefix(id).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-')
        })
    })
}

/// Looks for the keyword in every text of the message but its addresses. Where DingTalk looks is not documented;
/// titles and texts are both reported to work.
fn holds_keyword(value: &Value, keyword: &str) -> bool {
    match value {
        Value::String(text) => text.contains(keyword),
        Value::Array(items) => items.iter().any(|item| holds_keyword(item, keyword)),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            !name.to_ascii_lowercase().ends_with("url") && holds_keyword(value, keyword)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
