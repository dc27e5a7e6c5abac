//! The arguments of a call in the forms that models write: an object, or its text.

use std::fmt::Write as _;

use dingtalk_core::message::{Fault, Faults};
use serde_json::{Map, Value};

use super::json;

/// Faults of arguments that are no object, for the answer to the call: models do not see errors of the protocol.
#[derive(Debug, Clone)]
pub(crate) struct UnfitArguments(pub(crate) Faults);

/// The character in place of half of a surrogate pair.
const REPLACEMENT: char = '\u{FFFD}';

/// Makes the arguments an object: a text is decoded once, `null` is an empty object. Reports whether it changed them.
pub(super) fn make_object(params: &mut Map<String, Value>) -> Result<bool, UnfitArguments> {
    let Some(arguments) = params.get_mut("arguments") else { return Ok(false) };
    let found = match arguments {
        Value::Object(_) => return Ok(false),
        Value::Null => {
            *arguments = Map::new().into();
            return Ok(true);
        }
        Value::String(text) => {
            *arguments = decode(text)?;
            return Ok(true);
        }
        Value::Array(_) => "a list",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
    };
    Err(unfit("must be a JSON object with the tool's parameters", Some(found)))
}

fn decode(text: &str) -> Result<Value, UnfitArguments> {
    let parsed = json::parse(text.as_bytes()).map_err(|_| {
        let whole = json::with_whole_characters(text.as_bytes()).and_then(|text| json::parse(&text).ok());
        whole.and_then(|json| halves(&json.value)).unwrap_or_else(not_an_object)
    })?;
    if !parsed.value.is_object() {
        return Err(not_an_object());
    }
    match parsed.duplicate_at {
        Some(_) => Err(unfit("must not have a key twice", None)),
        None => Ok(parsed.value),
    }
}

fn not_an_object() -> UnfitArguments {
    unfit("must be a JSON object with the tool's parameters", Some("a string"))
}

fn unfit(rule: &str, found: Option<&str>) -> UnfitArguments {
    let mut fault = Fault::new("arguments", rule);
    if let Some(found) = found {
        fault = fault.given(found);
    }
    let mut faults = Faults::default();
    faults.push(fault);
    UnfitArguments(faults)
}

/// Returns the faults of the texts that contained half of a surrogate pair.
pub(super) fn halves(arguments: &Value) -> Option<UnfitArguments> {
    let mut faults = Faults::default();
    find_halves(arguments, &mut String::new(), &mut faults);
    (!faults.is_empty()).then_some(UnfitArguments(faults))
}

fn find_halves(value: &Value, path: &mut String, faults: &mut Faults) {
    let length = path.len();
    match value {
        Value::String(text) if text.contains(REPLACEMENT) => {
            let rule = "contains half of a surrogate pair, such as `\\ud83d` alone: write the whole character, or omit it";
            faults.push(Fault::new(path.clone(), rule));
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                // Writing to a string cannot fail.
                let _ = write!(path, "[{index}]");
                find_halves(element, path, faults);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                find_halves(field, path, faults);
                path.truncate(length);
            }
        }
        _ => {}
    }
}
