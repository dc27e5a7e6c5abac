//! Validation of a body: size, JSON, and the fields of the five message types.
//!
//! The table of fields repeats the names of `dingtalk-core` on purpose: a name misspelt there would be misspelt both
//! in the messages that it writes and in those that it reads, and only a second table notices.

use dingtalk_core::message::WireMessage;
use serde_json::{Map, Value};

use crate::refusal::{self, Refusal};

/// Maximum length of a body, in bytes, as seen in refusals. Their wording says that the whole body counts; this was not
/// measured.
pub(crate) const MAX_BYTES: usize = 20_000;

/// Maximum number of mentioned people, as documented beside `atUserIds`. The documentation does not say if both arrays
/// count together; the sandbox counts them together, the stricter reading.
const MAX_MENTIONS: usize = 50;

/// A body that DingTalk would accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Valid {
    pub(crate) message: WireMessage,
    /// Parts of the message that DingTalk silently ignores.
    pub(crate) warnings: Vec<String>,
}

/// One field of a message object.
struct Field {
    name: &'static str,
    value: ValueType,
    /// Code of the refusal if the field is missing; `None` for an optional field.
    missing: Option<i64>,
}

enum ValueType {
    Text,
    /// `"0"` or `"1"`, as strings.
    Flag,
    Objects(&'static [Field]),
}

/// A message type.
struct MessageType {
    /// `msgtype`, and the name of the object with the fields.
    name: &'static str,
    /// Code of the refusal if the object is missing.
    missing: i64,
    /// Fields in the order in which missing ones are reported.
    fields: &'static [Field],
}

const fn text(name: &'static str, missing: i64) -> Field {
    Field { name, value: ValueType::Text, missing: Some(missing) }
}

const fn optional(name: &'static str, value: ValueType) -> Field {
    Field { name, value, missing: None }
}

// Codes seen in replies: 400201, 400202, 400302, 400303, 400304, 400401, 400402, 400403, 400503, 400602. The others
// follow their pattern: hundreds for the type, 01 for its object, then the fields.
const TYPES: [MessageType; 5] = [
    MessageType { name: "text", missing: 400_201, fields: &[text("content", 400_202)] },
    MessageType {
        name: "link",
        missing: 400_301,
        fields: &[
            text("text", 400_302),
            text("title", 400_303),
            text("messageUrl", 400_304),
            optional("picUrl", ValueType::Text),
        ],
    },
    MessageType {
        name: "markdown",
        missing: 400_401,
        fields: &[text("title", 400_402), text("text", 400_403)],
    },
    MessageType {
        name: "actionCard",
        missing: 400_501,
        fields: &[
            text("title", 400_502),
            text("text", 400_503),
            optional("singleTitle", ValueType::Text),
            optional("singleURL", ValueType::Text),
            optional("btns", ValueType::Objects(&[text("title", 400_507), text("actionURL", 400_508)])),
            optional("btnOrientation", ValueType::Flag),
            optional("hideAvatar", ValueType::Flag),
        ],
    },
    MessageType {
        name: "feedCard",
        missing: 400_601,
        fields: &[Field {
            name: "links",
            value: ValueType::Objects(&[
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

/// Validates a body for a robot with these keywords. `length` is the number of bytes sent; `body` may hold only the
/// first of them.
pub(crate) fn validate(body: &[u8], length: usize, keywords: &[String]) -> Result<Valid, Refusal> {
    if length > MAX_BYTES {
        return Err(refusal::TOO_LONG.into());
    }
    let Ok(Value::Object(mut top)) = serde_json::from_slice(body) else {
        return Err(refusal::NOT_JSON.into());
    };
    let message_type = message_type(&top)?;
    let name = message_type.name;
    let mut object = match top.remove(name) {
        None | Some(Value::Null) => return Err(Refusal::missing(message_type.missing, name)),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(Refusal::strict(&format!("`{name}` must be an object"))),
    };
    check_object(&mut object, message_type.fields, name)?;
    let mut warnings = Vec::new();
    if name == "actionCard" {
        check_buttons(&object, &mut warnings)?;
    }
    let object = Value::Object(object);
    for key in top.keys() {
        if !["msgtype", "at", "msgUuid"].contains(&key.as_str()) {
            return Err(unknown_field(key));
        }
    }
    if top.get("msgUuid").is_some_and(|id| !matches!(id, Value::String(id) if !id.is_empty())) {
        return Err(Refusal::strict("`msgUuid` must be a string and must not be empty"));
    }
    if let Some(at) = top.get("at") {
        check_mentions(at, name, &object, &mut warnings)?;
    }
    if !keywords.is_empty() && !keywords.iter().any(|keyword| contains_keyword(&object, keyword)) {
        return Err(refusal::NO_KEYWORD.into());
    }
    top.insert(name.to_owned(), object);
    let message =
        serde_json::from_value(Value::Object(top)).map_err(|error| Refusal::strict(&error.to_string()))?;
    Ok(Valid { message, warnings })
}

fn message_type(top: &Map<String, Value>) -> Result<&'static MessageType, Refusal> {
    let given = match top.get("msgtype") {
        None | Some(Value::Null) => return Err(refusal::NO_TYPE.into()),
        Some(Value::String(given)) if given.is_empty() => return Err(refusal::NO_TYPE.into()),
        Some(Value::String(given)) => given.clone(),
        Some(other) => other.to_string(),
    };
    TYPES.iter().find(|known| known.name == given).ok_or_else(|| Refusal::unsupported_type(&given))
}

/// Checks the fields, and removes optional ones that are null or empty, which DingTalk treats as absent.
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
        check_value(value, &field.value, path, name)?;
    }
    Ok(())
}

fn check_value(value: &mut Value, expected: &ValueType, path: &str, name: &str) -> Result<(), Refusal> {
    match (expected, value) {
        (ValueType::Text, Value::String(_)) => Ok(()),
        (ValueType::Flag, Value::String(flag)) if flag == "0" || flag == "1" => Ok(()),
        (ValueType::Objects(fields), Value::Array(items)) => {
            items.iter_mut().enumerate().try_for_each(|(at, item)| {
                let path = format!("{path}->{name}[{at}]");
                match item {
                    Value::Object(item) => check_object(item, fields, &path),
                    _ => Err(Refusal::strict(&format!("`{path}` must be an object"))),
                }
            })
        }
        (ValueType::Text, _) => Err(Refusal::strict(&format!("`{path}.{name}` must be a string"))),
        (ValueType::Flag, _) => {
            Err(Refusal::strict(&format!("`{path}.{name}` must be the string \"0\" or \"1\"")))
        }
        (ValueType::Objects(_), _) => Err(Refusal::strict(&format!("`{path}.{name}` must be an array"))),
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
                warnings.push("`btns` is ignored because `singleTitle` and `singleURL` are set".to_owned());
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

fn check_mentions(at: &Value, name: &str, object: &Value, warnings: &mut Vec<String>) -> Result<(), Refusal> {
    let Value::Object(at) = at else {
        return Err(Refusal::strict("`at` must be an object"));
    };
    let body = match name {
        "text" => object["content"].as_str(),
        "markdown" => object["text"].as_str(),
        _ => None,
    };
    let mut people = 0;
    let mut mentions_all = false;
    for (key, value) in at {
        match (key.as_str(), value) {
            ("atMobiles" | "atUserIds", Value::Array(ids)) => {
                people += ids.len();
                for id in ids {
                    let id = match id {
                        Value::String(id) => id.clone(),
                        // The documentation has strings, but numbers are common and known to notify people.
                        Value::Number(id) => id.to_string(),
                        _ => {
                            return Err(Refusal::strict(&format!("`at.{key}` must contain only strings")));
                        }
                    };
                    if body.is_some_and(|body| !contains_mention(body, &id)) {
                        warnings
                            .push(format!("the mention notifies nobody: the text does not contain `@{id}`"));
                    }
                }
            }
            ("isAtAll", Value::Bool(all)) => mentions_all = *all,
            ("atMobiles" | "atUserIds", _) => {
                return Err(Refusal::strict(&format!("`at.{key}` must be an array")));
            }
            ("isAtAll", _) => return Err(Refusal::strict("`at.isAtAll` must be true or false")),
            _ => return Err(unknown_field(&format!("at.{key}"))),
        }
    }
    if people > MAX_MENTIONS {
        return Err(Refusal::strict(&format!(
            "{people} people are mentioned; at most {MAX_MENTIONS} are allowed"
        )));
    }
    if body.is_none() && (people > 0 || mentions_all) {
        warnings.push(format!("the mention notifies nobody: DingTalk does not document `at` for {name}"));
    }
    Ok(())
}

/// Reports whether `body` contains `@id`, but not as the beginning of a longer id.
fn contains_mention(body: &str, id: &str) -> bool {
    body.split('@').skip(1).any(|after| {
        after.strip_prefix(id).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-')
        })
    })
}

/// Searches for the keyword in every text of the message except its addresses. DingTalk does not document the fields
/// that it searches; titles and texts are reported to work.
fn contains_keyword(value: &Value, keyword: &str) -> bool {
    match value {
        Value::String(text) => text.contains(keyword),
        Value::Array(items) => items.iter().any(|item| contains_keyword(item, keyword)),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            !name.to_ascii_lowercase().ends_with("url") && contains_keyword(value, keyword)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
