//! When are two calls the same? When they mean the same, however they are written.

use dingtalk_core::{Cardinality, Mobile, Parameter, Parameters, PersonKind};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// One call: the robot, the tool and what the arguments mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn new(
        robot: Option<&str>,
        tool: &str,
        parameters: Parameters<'_>,
        arguments: &Map<String, Value>,
    ) -> Self {
        let meaning = (robot, tool, meaning(parameters, arguments));
        // A tuple of texts and JSON values: it always is JSON.
        Self(Sha256::digest(serde_json::to_vec(&meaning).unwrap_or_default()).into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What each parameter is given, in the order of the parameters. What is absent, empty, off or the default says nothing.
fn meaning<'p>(parameters: Parameters<'p>, arguments: &Map<String, Value>) -> Vec<(&'p str, Value)> {
    let given = |parameter: Parameter<'p>| {
        let value = arguments.get(parameter.field.name).filter(|value| !value.is_null())?;
        let value = match (parameter.cardinality, value) {
            (Cardinality::List, Value::String(text)) => {
                serde_json::from_str(text).unwrap_or_else(|_| value.clone())
            }
            _ => value.clone(),
        };
        let value = match (parameter.mentions, plain(value)) {
            (Some(kind), Value::Array(people)) => people.into_iter().map(|one| person(kind, one)).collect(),
            (Some(kind), one) => person(kind, one),
            (None, value) => value,
        };
        let default = parameter.default.and_then(|default| serde_json::from_str(default).ok());
        let says_nothing = match &value {
            Value::Array(list) => list.is_empty(),
            Value::Bool(false) if parameter.cardinality == Cardinality::Flag => true,
            value => default.as_ref() == Some(value),
        };
        (!says_nothing).then_some((parameter.field.name, value))
    };
    parameters.iter().filter_map(given).collect()
}

/// The same value without what has no meaning: members that are null, their order, `3.0` for `3`.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            let mut members: Vec<(String, Value)> =
                members.map(|(name, value)| (name, plain(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.into_iter().collect()
        }
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            let whole = float.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        other => other,
    }
}

fn person(kind: PersonKind, value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return value,
    };
    match kind {
        PersonKind::Number => Mobile::new(&text).map_or(value, |mobile| Value::from(mobile.as_str())),
        _ => Value::from(text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::ToolSet;
    use serde_json::json;

    use super::*;
    use crate::builtin_tools;

    fn key(tool: &str, arguments: &Value) -> Key {
        let set = ToolSet::new(builtin_tools()).unwrap();
        let spec = set.get(tool).unwrap().spec();
        Key::new(None, spec.name, spec.parameters, arguments.as_object().unwrap())
    }

    #[test]
    fn spelling_makes_no_difference() {
        let plain = json!({"text": "x", "atMobiles": ["13800000000", "13900000000"]});
        for other in [
            json!({"atMobiles": ["13800000000", "13900000000"], "text": "x"}),
            json!({"text": "x", "atMobiles": "[\"13800000000\", 13900000000]", "atAll": false, "atUserIds": []}),
            json!({"text": "x", "atMobiles": ["+86 138 0000 0000", 13_900_000_000_u64], "atUserIds": null}),
        ] {
            assert_eq!(key("send_text_message", &plain), key("send_text_message", &other), "{other}");
        }
        let one = json!({"items": [{"title": "a", "url": "u", "pictureUrl": "p"}]});
        let other =
            json!({"items": "[{\"url\": \"u\", \"pictureUrl\": \"p\", \"title\": \"a\", \"x\": null}]"});
        assert_eq!(key("send_feed_card_message", &one), key("send_feed_card_message", &other));
    }

    #[test]
    fn meaning_does() {
        let plain = json!({"text": "x"});
        for other in [
            json!({"text": "x "}),
            json!({"text": "x", "atAll": true}),
            json!({"text": "x", "atMobiles": ["13800000000"]}),
            json!({"text": "x", "atUserIds": ["13800000000"]}),
        ] {
            assert_ne!(key("send_text_message", &plain), key("send_text_message", &other), "{other}");
        }
        let (set, empty) = (ToolSet::new(builtin_tools()).unwrap(), Map::new());
        let parameters = set.get("send_text_message").unwrap().spec().parameters;
        let of = |robot, tool| Key::new(robot, tool, parameters, &empty);
        assert_ne!(of(None, "a"), of(Some("ops"), "a"));
        assert_ne!(of(None, "a"), of(None, "b"));
    }
}
