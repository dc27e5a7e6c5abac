//! Calls of a tool, read once: the message and the canonical form of the arguments.

use serde_json::{Map, Value};

use super::{
    Cardinality,
    argument::list_in_text,
    parameter::{Parameter, Parameters, PersonKind},
};
#[cfg(feature = "robot")]
use crate::{
    Envelope,
    delivery::{Dedupe, Throttle, Urgency},
};
use crate::{
    Message, Mobile,
    message::{Fault, Faults},
};

/// A call of a tool, returned by [`ToolType::read`](super::ToolType::read).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Message that the call sends.
    pub message: Message,
    /// Arguments as one line of JSON, equal for all calls with the same meaning: in the order of the parameters, lists
    /// as arrays, mobile numbers as DingTalk takes them, points in time in UTC, defaults filled in, and values that are
    /// `null`, empty or off left out.
    pub canonical: String,
    /// Delivery options of the notification.
    #[cfg(feature = "robot")]
    options: CallOptions,
}

/// The delivery options of an envelope.
#[cfg(feature = "robot")]
#[derive(Debug, Clone, PartialEq, Eq)]
struct CallOptions {
    urgency: Urgency,
    group: Option<String>,
    digest_line: Option<String>,
    dedupe: Option<Dedupe>,
    throttle: Option<Throttle>,
}

impl Call {
    #[cfg(feature = "robot")]
    pub(super) fn new(
        envelope: Envelope,
        parameters: Parameters<'_>,
        arguments: &Map<String, Value>,
    ) -> Self {
        let Envelope { message, urgency, group, digest_line, dedupe, throttle, .. } = envelope;
        let options = CallOptions { urgency, group, digest_line, dedupe, throttle };
        Self { message, canonical: canonical(parameters, arguments), options }
    }

    #[cfg(not(feature = "robot"))]
    pub(super) fn new(message: Message, parameters: Parameters<'_>, arguments: &Map<String, Value>) -> Self {
        Self { message, canonical: canonical(parameters, arguments) }
    }

    /// Puts the message into an envelope under a new id, with the delivery options of the notification.
    #[cfg(feature = "robot")]
    pub fn into_envelope(self) -> Envelope {
        let mut envelope = Envelope::new(self.message);
        let CallOptions { urgency, group, digest_line, dedupe, throttle } = self.options;
        envelope.urgency = urgency;
        envelope.group = group;
        envelope.digest_line = digest_line;
        envelope.dedupe = dedupe;
        envelope.throttle = throttle;
        envelope
    }
}

/// Finds people by the names that a call may give instead of their numbers and ids.
pub(super) type FindPerson<'f> = dyn FnMut(&str) -> Option<(PersonKind, String)> + 'f;

/// Normalises arguments before types and constraints check them: lists sent as JSON text become arrays, numbers and ids
/// of people are written as DingTalk takes them, and names of people are replaced. A person with the other kind of id
/// moves to the parameter for that kind.
pub(super) fn normalise(
    parameters: Parameters<'_>,
    arguments: &mut Map<String, Value>,
    find: &mut FindPerson<'_>,
    faults: &mut Faults,
) {
    let mentioning = |kind| parameters.iter().find(move |parameter| parameter.mentions == Some(kind));
    let takes_several =
        |kind| mentioning(kind).is_some_and(|parameter| parameter.cardinality == Cardinality::List);
    let mut moved: Vec<(PersonKind, String)> = Vec::new();
    for parameter in parameters {
        let name = parameter.field.name;
        let Some(given) = arguments.get_mut(name) else { continue };
        if parameter.cardinality == Cardinality::List {
            parse_list(given);
        }
        let Some(kind) = parameter.mentions else { continue };
        // Returns `true` if the value stays in this parameter.
        let mut place = |value: &mut Value| -> bool {
            let Some((reached_by, id)) = value.as_str().and_then(&mut *find) else {
                normalise_person(kind, value);
                return true;
            };
            if reached_by == kind {
                *value = Value::String(id);
                return true;
            }
            if takes_several(reached_by) {
                moved.push((reached_by, id));
            } else {
                let alias = value.as_str().unwrap_or_default().trim();
                let rule =
                    format!("cannot mention `{alias}`: this tool has no parameter for that kind of id");
                faults.push(Fault::new(name, rule));
            }
            false
        };
        match given {
            Value::Array(elements) => elements.retain_mut(place),
            // Invalid. Its fault shows what was given, and a number in its place would be revealed.
            _ if parameter.cardinality == Cardinality::List => {}
            value => {
                if !place(value) {
                    *value = Value::Null;
                }
            }
        }
    }
    for (kind, id) in moved {
        let Some(parameter) = mentioning(kind) else { continue };
        let list = arguments.entry(parameter.field.name).or_insert(Value::Null);
        if list.is_null() {
            *list = Value::Array(Vec::new());
        }
        if let Value::Array(list) = list {
            list.push(Value::String(id));
        }
    }
}

fn parse_list(value: &mut Value) {
    if let Some(list) = value.as_str().and_then(list_in_text) {
        *value = Value::Array(list);
    }
}

/// Writes a number or an id as DingTalk takes it. An invalid value is kept, so that its fault shows it.
fn normalise_person(kind: PersonKind, value: &mut Value) {
    let normal = match (kind, &*value) {
        (PersonKind::Number, Value::String(text)) => {
            Mobile::new(text).ok().filter(|mobile| mobile.as_str() != text).map(|mobile| mobile.to_string())
        }
        (PersonKind::Number, Value::Number(number)) => {
            Mobile::new(number.to_string()).ok().map(|mobile| mobile.to_string())
        }
        (PersonKind::Id, Value::String(text)) => {
            Some(text.trim()).filter(|id| id.len() < text.len()).map(str::to_owned)
        }
        _ => None,
    };
    if let Some(normal) = normal {
        *value = Value::String(normal);
    }
}

/// Returns the canonical form of normalised arguments.
fn canonical(parameters: Parameters<'_>, arguments: &Map<String, Value>) -> String {
    let mut json = vec![b'{'];
    for parameter in parameters {
        let value = arguments.get(parameter.field.name).filter(|value| !says_nothing(&parameter, value));
        let default = || parameter.default.and_then(|default| serde_json::from_str::<Value>(default).ok());
        if let Some(value) = value {
            let moments = parameter.is_moment.then(|| moments(value));
            write_member(&mut json, parameter.field.name, moments.as_ref().unwrap_or(value));
        } else if let Some(default) = default().filter(|default| !says_nothing(&parameter, default)) {
            write_member(&mut json, parameter.field.name, &default);
        }
    }
    json.push(b'}');
    // JSON is UTF-8.
    String::from_utf8(json).unwrap_or_default()
}

/// Writes points in time in UTC. One that cannot be read has been refused.
fn moments(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(moments).collect(),
        #[cfg(feature = "jiff")]
        Value::String(text) => super::times::canonical(text).map_or_else(|| value.clone(), Value::from),
        value => value.clone(),
    }
}

fn says_nothing(parameter: &Parameter<'_>, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Bool(flag) => !flag && parameter.cardinality == Cardinality::Flag,
        _ => false,
    }
}

fn write_member(json: &mut Vec<u8>, name: &str, value: &Value) {
    if json.last() != Some(&b'{') {
        json.push(b',');
    }
    write_text(json, name);
    json.push(b':');
    write(json, value);
}

/// Writes a value without differences that have no meaning: members that are `null`, their order, `3.0` for `3`.
fn write(json: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => json.extend_from_slice(b"null"),
        Value::Bool(flag) => json.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            let whole = float.map(|float| format!("{float:.0}")).filter(|whole| whole.parse::<i64>().is_ok());
            json.extend_from_slice(whole.unwrap_or_else(|| number.to_string()).as_bytes());
        }
        Value::String(text) => write_text(json, text),
        Value::Array(elements) => {
            json.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                write(json, element);
            }
            json.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> =
                members.iter().filter(|(_, member)| !member.is_null()).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            json.push(b'{');
            for (name, member) in members {
                write_member(json, name, member);
            }
            json.push(b'}');
        }
    }
}

fn write_text(json: &mut Vec<u8>, text: &str) {
    // Writing a text to memory cannot fail.
    let _ = serde_json::to_writer(json, text);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tool::Field;

    fn parameter(name: &'static str, cardinality: Cardinality) -> Parameter<'static> {
        Parameter::new(Field::new(name, &[]), "", cardinality)
    }

    /// Returns the normalised arguments, their canonical form, and the faults.
    fn read(parameters: &[Parameter<'_>], arguments: &Value) -> (Value, String, Vec<String>) {
        let mut arguments = arguments.as_object().unwrap().clone();
        let mut faults = Faults::default();
        let mut find = |name: &str| match name {
            "oncall" => Some((PersonKind::Number, "13800000000".to_owned())),
            "dba" => Some((PersonKind::Id, "manager01".to_owned())),
            _ => None,
        };
        let parameters = Parameters::of(parameters);
        normalise(parameters, &mut arguments, &mut find, &mut faults);
        let canonical = canonical(parameters, &arguments);
        (Value::Object(arguments), canonical, faults.iter().map(ToString::to_string).collect())
    }

    fn people() -> [Parameter<'static>; 3] {
        [
            parameter("text", Cardinality::One),
            parameter("mobiles", Cardinality::List).mentions(PersonKind::Number),
            parameter("ids", Cardinality::List).mentions(PersonKind::Id),
        ]
    }

    #[test]
    fn calls_that_mean_the_same_have_one_canonical_form() {
        let canonical = r#"{"text":"x","mobiles":["13800000000","13900000000"]}"#;
        for arguments in [
            json!({"text": "x", "mobiles": ["13800000000", "13900000000"]}),
            json!({"mobiles": ["+86 138 0000 0000", 13_900_000_000_u64], "ids": null, "text": "x"}),
            json!({"text": "x", "mobiles": "[\"oncall\", 13900000000]", "ids": []}),
        ] {
            assert_eq!(read(&people(), &arguments).1, canonical, "{arguments}");
        }
        assert_ne!(read(&people(), &json!({"text": "x "})).1, read(&people(), &json!({"text": "x"})).1);
    }

    #[test]
    fn numbers_members_and_defaults_are_written_in_one_way() {
        let parameters = [
            parameter("level", Cardinality::One).values(Some("\"low\""), None),
            parameter("limit", Cardinality::One),
            parameter("items", Cardinality::List),
            parameter("urgent", Cardinality::Flag),
        ];
        let one = json!({"limit": 3, "items": [{"a": "\"", "b": 0.5}], "urgent": false});
        let other =
            json!({"limit": 3.0, "items": "[{\"b\": 0.5, \"c\": null, \"a\": \"\\\"\"}]", "level": "low"});
        assert_eq!(read(&parameters, &one).1, r#"{"level":"low","limit":3,"items":[{"a":"\"","b":0.5}]}"#);
        assert_eq!(read(&parameters, &one).1, read(&parameters, &other).1);
    }

    #[test]
    fn a_person_moves_to_the_parameter_of_their_kind() {
        let (arguments, _, faults) =
            read(&people(), &json!({"text": "oncall", "mobiles": ["dba", "oncall"], "ids": null}));
        assert_eq!(
            arguments,
            json!({"text": "oncall", "mobiles": ["13800000000"], "ids": ["manager01"]}),
            "only mentions are resolved"
        );
        assert_eq!(faults, [""; 0]);
        let (arguments, ..) = read(&people(), &json!({"text": "x", "ids": ["oncall", " u1 "]}));
        assert_eq!((&arguments["mobiles"], &arguments["ids"]), (&json!(["13800000000"]), &json!(["u1"])));
    }

    #[test]
    fn a_person_whom_no_parameter_can_mention_is_a_fault() {
        let only_numbers = [parameter("owner", Cardinality::Optional).mentions(PersonKind::Number)];
        let (arguments, _, faults) = read(&only_numbers, &json!({"owner": "dba"}));
        assert_eq!(arguments, json!({"owner": null}));
        assert_eq!(faults, ["`owner` cannot mention `dba`: this tool has no parameter for that kind of id"]);
    }

    #[test]
    fn an_invalid_value_stays_for_its_fault_to_show() {
        let arguments = json!({"text": "x", "mobiles": ["+86", true], "ids": "[1"});
        assert_eq!(read(&people(), &arguments).0, arguments);
        let arguments = json!({"text": "x", "mobiles": "oncall", "ids": "dba"});
        assert_eq!(read(&people(), &arguments).0, arguments, "no list: not a number that nobody gave");
        let arguments = json!({"text": "x", "mobiles": 13_800_000_000_u64});
        assert_eq!(read(&people(), &arguments).0, arguments);
    }
}
