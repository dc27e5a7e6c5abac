//! The shape of a message as DingTalk takes it: its five types, their required fields, and its mentions.

use dingtalk_config::Person;
use dingtalk_core::{
    Message, Mobile, UserId,
    message::{MAX_MENTIONS, Mentions, WireMessage},
};
use serde_json::{Map, Value, json};

use super::{super::body, refusal::Refusal};
use crate::call::people::{People, stands_for_everybody};

/// A message that a program has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) message: Message,
    /// Its `msgUuid`, by which a repetition is recognised.
    pub(super) id: Option<String>,
}

/// A required text and the code of the refusal if it is missing.
type Required = (&'static str, i64);

/// A type of message.
struct Kind {
    /// `msgtype`, and the name of the object with the fields.
    name: &'static str,
    missing: i64,
    /// Required texts, in the order in which missing ones are reported.
    required: &'static [Required],
}

// The codes are those of `dingtalk-sandbox`, which states their sources.
const KINDS: [Kind; 5] = [
    Kind { name: "text", missing: 400_201, required: &[("content", 400_202)] },
    Kind {
        name: "link",
        missing: 400_301,
        required: &[("text", 400_302), ("title", 400_303), ("messageUrl", 400_304)],
    },
    Kind { name: "markdown", missing: 400_401, required: &[("title", 400_402), ("text", 400_403)] },
    Kind { name: "actionCard", missing: 400_501, required: &[("title", 400_502), ("text", 400_503)] },
    Kind { name: "feedCard", missing: 400_601, required: &[] },
];

const BUTTON: [Required; 2] = [("title", 400_507), ("actionURL", 400_508)];

const ITEM: [Required; 3] = [("title", 400_603), ("messageURL", 400_604), ("picURL", 400_605)];

/// Reads a message. Unknown fields are ignored.
pub(super) fn read(bytes: &[u8], people: &People) -> Result<Sent, Refusal> {
    let Ok(Value::Object(body)) = body::parse(bytes) else { return Err(Refusal::not_json()) };
    let kind = match body.get("msgtype") {
        None | Some(Value::Null) => return Err(Refusal::no_type()),
        Some(Value::String(name)) if name.is_empty() => return Err(Refusal::no_type()),
        Some(Value::String(name)) => {
            KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| Refusal::unsupported_type(name))?
        }
        Some(other) => return Err(Refusal::unsupported_type(&other.to_string())),
    };
    let fields = match body.get(kind.name) {
        None | Some(Value::Null) => return Err(Refusal::missing(kind.missing, kind.name)),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Refusal::invalid(&format!("`{}` must be an object", kind.name))),
    };
    let mut read = texts(fields, kind.required, kind.name)?;
    match kind.name {
        "link" => copy_text(fields, "picUrl", kind.name, &mut read)?,
        "actionCard" => read_card(fields, &mut read)?,
        "feedCard" => {
            let links = list(fields, "links", "feedCard", &ITEM)?;
            read.insert(
                "links".to_owned(),
                links.ok_or_else(|| Refusal::missing(400_602, "feedCard->links"))?,
            );
        }
        _ => {}
    }
    let wire = json!({"msgtype": kind.name, kind.name: read});
    let wire: WireMessage =
        serde_json::from_value(wire).map_err(|error| Refusal::invalid(&error.to_string()))?;
    let mentions = match body.get("at") {
        None | Some(Value::Null) => Mentions::default(),
        // DingTalk documents no mentions of these types, and ignores them.
        Some(_) if matches!(kind.name, "link" | "feedCard") => Mentions::default(),
        Some(Value::Object(at)) => read_mentions(at, people)?,
        Some(_) => return Err(Refusal::invalid("`at` must be an object")),
    };
    let id = body.get("msgUuid").and_then(Value::as_str).filter(|id| !id.trim().is_empty());
    Ok(Sent { message: wire.message.with_mentions(mentions), id: id.map(str::to_owned) })
}

/// Reads required texts.
fn texts(
    fields: &Map<String, Value>,
    required: &[Required],
    path: &str,
) -> Result<Map<String, Value>, Refusal> {
    let mut read = Map::new();
    for (name, code) in required {
        match fields.get(*name) {
            Some(Value::String(text)) if !text.trim().is_empty() => {
                read.insert((*name).to_owned(), text.clone().into());
            }
            None | Some(Value::Null | Value::String(_)) => {
                return Err(Refusal::missing(*code, &format!("{path}->{name}")));
            }
            Some(Value::Array(list)) if list.is_empty() => {
                return Err(Refusal::missing(*code, &format!("{path}->{name}")));
            }
            Some(_) => return Err(Refusal::invalid(&format!("`{path}.{name}` must be a string"))),
        }
    }
    Ok(read)
}

/// Reads an optional text. An empty one is as good as none.
fn text<'f>(fields: &'f Map<String, Value>, name: &str, path: &str) -> Result<Option<&'f str>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(&**text).filter(|text| !text.trim().is_empty())),
        Some(Value::Array(list)) if list.is_empty() => Ok(None),
        Some(_) => Err(Refusal::invalid(&format!("`{path}.{name}` must be a string"))),
    }
}

fn copy_text(
    fields: &Map<String, Value>,
    name: &str,
    path: &str,
    read: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    if let Some(text) = text(fields, name, path)? {
        read.insert(name.to_owned(), text.into());
    }
    Ok(())
}

/// Reads a list of objects with required texts; `None` if there is none or if it is empty.
fn list(
    fields: &Map<String, Value>,
    name: &str,
    path: &str,
    required: &[Required],
) -> Result<Option<Value>, Refusal> {
    let items = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(items)) if items.is_empty() => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::invalid(&format!("`{path}.{name}` must be an array"))),
    };
    let items = items.iter().enumerate().map(|(at, item)| {
        let path = format!("{path}->{name}[{at}]");
        match item {
            Value::Object(item) => texts(item, required, &path).map(Value::Object),
            _ => Err(Refusal::invalid(&format!("`{path}` must be an object"))),
        }
    });
    Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)))
}

fn read_card(fields: &Map<String, Value>, read: &mut Map<String, Value>) -> Result<(), Refusal> {
    let path = "actionCard";
    match (text(fields, "singleTitle", path)?, text(fields, "singleURL", path)?) {
        // DingTalk ignores `btns` beside them.
        (Some(title), Some(url)) => {
            read.insert("singleTitle".to_owned(), title.into());
            read.insert("singleURL".to_owned(), url.into());
        }
        (Some(_), None) => return Err(Refusal::missing(400_506, "actionCard->singleURL")),
        (None, Some(_)) => return Err(Refusal::missing(400_505, "actionCard->singleTitle")),
        (None, None) => {
            let buttons = list(fields, "btns", path, &BUTTON)?;
            let buttons = buttons.ok_or_else(|| Refusal::missing(400_504, "actionCard->btns"))?;
            read.insert("btns".to_owned(), buttons);
        }
    }
    for name in ["btnOrientation", "hideAvatar"] {
        if is_on(fields.get(name), &format!("{path}.{name}"))? {
            read.insert(name.to_owned(), "1".into());
        }
    }
    Ok(())
}

/// Reads a flag. Programs write numbers and booleans, too, although the documentation has strings.
fn is_on(flag: Option<&Value>, path: &str) -> Result<bool, Refusal> {
    match flag {
        None | Some(Value::Null | Value::Bool(false)) => Ok(false),
        Some(Value::Bool(true)) => Ok(true),
        Some(Value::String(flag)) if flag.trim().is_empty() => Ok(false),
        Some(Value::String(flag)) if flag == "0" || flag == "1" => Ok(flag == "1"),
        Some(Value::Number(flag)) if matches!(flag.as_u64(), Some(0 | 1)) => Ok(flag.as_u64() == Some(1)),
        Some(_) => Err(Refusal::invalid(&format!("`{path}` must be \"0\" or \"1\""))),
    }
}

fn read_mentions(at: &Map<String, Value>, people: &People) -> Result<Mentions, Refusal> {
    let mut mentions = Mentions::default();
    for name in ["atMobiles", "atUserIds"] {
        let ids = match at.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(ids)) => ids,
            Some(_) => return Err(Refusal::invalid(&format!("`at.{name}` must be an array"))),
        };
        for id in ids {
            let id = match id {
                Value::String(id) => id.trim().to_owned(),
                Value::Number(id) => id.to_string(),
                Value::Null => continue,
                _ => return Err(Refusal::invalid(&format!("`at.{name}` must contain only strings"))),
            };
            // Scripts write a variable that is not set.
            if id.is_empty() {
                continue;
            }
            mention(&id, name, people, &mut mentions)?;
        }
    }
    if mentions.people() > MAX_MENTIONS {
        let problem =
            format!("{} people are mentioned; at most {MAX_MENTIONS} are allowed", mentions.people());
        return Err(Refusal::invalid(&problem));
    }
    match at.get("isAtAll") {
        None | Some(Value::Null | Value::Bool(false)) => {}
        Some(Value::Bool(true)) => mentions.all = true,
        Some(_) => return Err(Refusal::invalid("`at.isAtAll` must be true or false")),
    }
    Ok(mentions)
}

/// Adds a number, an id, or the name that the file has for a person.
fn mention(id: &str, field: &str, people: &People, mentions: &mut Mentions) -> Result<(), Refusal> {
    if stands_for_everybody(id) {
        mentions.all = true;
        return Ok(());
    }
    // Numbers are private, and are not repeated.
    let invalid =
        || Refusal::invalid(&format!("`at.{field}` has a value that is no number, id or known name"));
    match people.find(id).map(|(_, person)| person) {
        Some(Person::UserId(id)) => mentions.merge(Mentions::user_ids([id.clone()])),
        Some(Person::Mobile(number)) => mentions.merge(Mentions::mobiles([number.clone()])),
        _ if field == "atMobiles" => {
            mentions.merge(Mentions::mobiles([Mobile::new(id).map_err(|_| invalid())?]));
        }
        _ => mentions.merge(Mentions::user_ids([UserId::new(id).map_err(|_| invalid())?])),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
