//! Names that stand for people, so that phone numbers stay out of a model's context.

use std::collections::BTreeMap;

use dingtalk_core::{Fault, Faults, Mobile, Parameter, Parameters, PersonKind, UserId};
use serde_json::{Map, Value};

use crate::Error;

/// How a person is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Person {
    /// By mobile number.
    Mobile(Mobile),
    /// By user id.
    UserId(UserId),
}

impl Person {
    fn kind(&self) -> PersonKind {
        match self {
            Self::Mobile(_) => PersonKind::Number,
            Self::UserId(_) => PersonKind::Id,
        }
    }

    /// What goes over the wire.
    fn id(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.as_str(),
            Self::UserId(user_id) => user_id.as_str(),
        }
    }
}

/// The longest name, in characters: every conversation reads all of them.
const MAX_NAME: usize = 32;

/// The names that a call may give.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(BTreeMap<String, Person>);

impl People {
    pub(crate) fn new(people: impl IntoIterator<Item = (String, Person)>) -> Result<Self, Error> {
        let mut named = BTreeMap::new();
        for (name, person) in people {
            let letters = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let fits = (1..=MAX_NAME).contains(&name.chars().count())
                && name.chars().all(letters)
                && name.contains(char::is_alphabetic);
            if !fits {
                return Err(Error::Settings(format!(
                    "people: {name:?} is no name: it takes letters, digits, `_`, `-` and `.`, {MAX_NAME} at most, with a \
                     letter among them"
                )));
            }
            let name = name.to_lowercase();
            if named.contains_key(&name) {
                return Err(Error::Settings(format!("people: `{name}` is there twice: remove one")));
            }
            named.insert(name, person);
        }
        Ok(Self(named))
    }

    /// What definitions list: the names, never the numbers.
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, PersonKind)> {
        self.0.iter().map(|(name, person)| (name.clone(), person.kind()))
    }

    /// Puts people in place of their names, in the parameters that mention somebody. A person who is reached in another
    /// way than the parameter says moves to the parameter that says so.
    pub(crate) fn resolve(
        &self,
        parameters: Parameters<'_>,
        arguments: &mut Map<String, Value>,
        faults: &mut Faults,
    ) -> Hidden {
        let mut hidden = Hidden::default();
        if self.0.is_empty() {
            return hidden;
        }
        let mut moved: Vec<&Person> = Vec::new();
        let mentioning = |kind| parameters.iter().find(move |parameter| parameter.mentions == Some(kind));
        for parameter in parameters {
            let Some(kind) = parameter.mentions else { continue };
            let name = parameter.field.name;
            let Some(given) = arguments.get_mut(name) else { continue };
            as_list(given);
            let mut take = |value: &mut Value| -> bool {
                let Some((alias, person)) = value.as_str().and_then(|text| self.find(text)) else {
                    return true;
                };
                hidden.0.push((person.id().to_owned(), format!("<{alias}>")));
                if person.kind() == kind {
                    *value = Value::from(person.id());
                    return true;
                }
                if mentioning(person.kind()).is_some_and(|parameter| is_list(&parameter)) {
                    moved.push(person);
                } else {
                    let rule =
                        format!("cannot mention `{alias}`: this tool has no parameter for that kind of id");
                    faults.push(Fault::new(name, rule));
                }
                false
            };
            match given {
                Value::Array(elements) => elements.retain_mut(take),
                value => {
                    if !take(value) {
                        *value = Value::Null;
                    }
                }
            }
        }
        for person in moved {
            let Some(parameter) = mentioning(person.kind()) else { continue };
            let list = arguments.entry(parameter.field.name).or_insert(Value::Null);
            if list.is_null() {
                *list = Value::Array(Vec::new());
            }
            as_list(list);
            if let Value::Array(list) = list {
                list.push(Value::from(person.id()));
            }
        }
        hidden
    }

    fn find(&self, text: &str) -> Option<(&String, &Person)> {
        let text = text.trim();
        self.0.get_key_value(&text.strip_prefix('@').unwrap_or(text).to_lowercase())
    }
}

fn is_list(parameter: &Parameter<'_>) -> bool {
    parameter.cardinality == dingtalk_core::Cardinality::List
}

/// Agents send lists as their JSON text too.
fn as_list(value: &mut Value) {
    if let Value::String(text) = &*value
        && let Ok(list @ Value::Array(_)) = serde_json::from_str(text)
    {
        *value = list;
    }
}

/// What a call's answer must not show: each number, and the name to show in its place.
#[derive(Debug, Default)]
pub(crate) struct Hidden(Vec<(String, String)>);

impl Hidden {
    pub(crate) fn hide(&self, text: &mut String) {
        for (id, name) in &self.0 {
            if text.contains(id) {
                *text = replace_whole(text, id, name);
            }
        }
    }
}

/// Replaces an id where it is no part of a longer one.
fn replace_whole(text: &str, id: &str, name: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(id) {
        let end = at + id.len();
        let ends_outside = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        if ends_outside(text[..at].chars().next_back()) && ends_outside(text[end..].chars().next()) {
            replaced.push_str(&text[done..at]);
            replaced.push_str(name);
            done = end;
        }
    }
    replaced.push_str(&text[done..]);
    replaced
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{ToolSet, ToolType};
    use serde_json::json;

    use super::*;
    use crate::builtin_tools;

    fn people() -> People {
        let oncall = Person::Mobile(Mobile::new("13800000000").unwrap());
        let dba = Person::UserId(UserId::new("manager01").unwrap());
        People::new([("OnCall".to_owned(), oncall), ("dba".to_owned(), dba)]).unwrap()
    }

    fn text_tool() -> ToolType {
        ToolSet::new(builtin_tools()).unwrap().get("send_text_message").unwrap().clone()
    }

    fn resolved(arguments: Value) -> (Value, Hidden) {
        let Value::Object(mut arguments) = arguments else { unreachable!() };
        let mut faults = Faults::default();
        let hidden = people().resolve(text_tool().spec().parameters, &mut arguments, &mut faults);
        assert!(faults.is_empty(), "{faults}");
        (Value::Object(arguments), hidden)
    }

    #[test]
    fn names_become_numbers_however_they_are_written() {
        for given in [json!(["oncall", "13900000000"]), json!("[\"@ONCALL \", 13900000000]")] {
            let (arguments, _) = resolved(json!({"text": "oncall", "atMobiles": given}));
            let mobiles = arguments["atMobiles"].as_array().unwrap();
            assert_eq!(mobiles[0], "13800000000");
            assert_eq!(mobiles.len(), 2);
            assert_eq!(arguments["text"], "oncall", "only mentions are names");
        }
    }

    #[test]
    fn a_person_moves_to_the_parameter_of_their_kind() {
        let (arguments, _) =
            resolved(json!({"text": "x", "atMobiles": ["dba", "oncall"], "atUserIds": null}));
        assert_eq!(arguments["atMobiles"], json!(["13800000000"]));
        assert_eq!(arguments["atUserIds"], json!(["manager01"]));
        let (arguments, _) = resolved(json!({"text": "x", "atUserIds": ["oncall", "u1"]}));
        assert_eq!(
            (&arguments["atMobiles"], &arguments["atUserIds"]),
            (&json!(["13800000000"]), &json!(["u1"]))
        );
    }

    #[test]
    fn numbers_that_stood_behind_names_are_hidden() {
        let (_, hidden) = resolved(json!({"text": "x", "atMobiles": ["oncall"]}));
        let mut text = "@13800000000 @13900000000".to_owned();
        hidden.hide(&mut text);
        assert_eq!(text, "@<oncall> @13900000000");
        let mut longer = "13800000000, 113800000000 13800000000".to_owned();
        hidden.hide(&mut longer);
        assert_eq!(longer, "<oncall>, 113800000000 <oncall>");
    }

    #[test]
    fn names_that_could_be_taken_for_something_else_are_refused() {
        let mobile = || Person::Mobile(Mobile::new("13800000000").unwrap());
        for name in ["", "13800000000", "on call", "a\nb", &"x".repeat(33)] {
            assert!(People::new([(name.to_owned(), mobile())]).is_err(), "{name:?}");
        }
        assert!(People::new([("a".to_owned(), mobile()), ("A".to_owned(), mobile())]).is_err());
        assert!(People::new([("值班".to_owned(), mobile())]).is_ok());
    }
}
