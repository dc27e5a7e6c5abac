//! An example of a call: arguments made from a tool's schema, and the message made from them.

use std::collections::BTreeSet;

use dingtalk_core::{Message, message::WireMessage, tool::ToolType};
use serde_json::{Map, Value, json};

/// Texts for parameters whose schema says only that they are strings.
const TEXTS: [&str; 3] = ["example", "https://example.com", "13800000000"];

/// Returns arguments that the tool accepts, and the message made from them; `None` if none were found, since a wrong
/// example would be worse than no example.
pub(crate) fn example(schema: &Map<String, Value>, tool: &ToolType) -> Option<Value> {
    let (arguments, message) = accepted(schema, tool, &required(schema), &Map::new())?;
    Some(json!({"arguments": arguments, "message": WireMessage::new(message)}))
}

/// A message of a tool, made from examples.
#[cfg(feature = "program")]
pub(crate) struct Variant {
    /// Field of closed values, and the one that it has here.
    pub(crate) choice: Option<(String, String)>,
    /// Every field has a value.
    pub(crate) is_whole: bool,
    pub(crate) message: Message,
}

/// Returns messages of the tool that differ: with all fields, with the required ones only, and with each value of a
/// field whose values are closed.
#[cfg(feature = "program")]
pub(crate) fn variants(schema: &Map<String, Value>, tool: &ToolType) -> Vec<Variant> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let required = required(schema);
    let mut names = required.clone();
    // Fields that exclude each other stay out.
    for name in properties.keys().map(String::as_str).filter(|name| !required.contains(name)) {
        let mut more = names.clone();
        more.push(name);
        if accepted(schema, tool, &more, &on(properties, &more)).is_some() {
            names = more;
        }
    }
    let whole = on(properties, &names);
    let mut variants: Vec<Variant> = Vec::new();
    let mut push = |choice, is_whole, made: Option<(Map<String, Value>, Message)>| {
        let Some((_, message)) = made else { return };
        if !variants.iter().any(|known| known.message == message) {
            variants.push(Variant { choice, is_whole, message });
        }
    };
    push(None, true, accepted(schema, tool, &names, &whole));
    push(None, false, accepted(schema, tool, &required, &Map::new()));
    for (field, schema_of_field) in properties.iter().filter(|(name, _)| names.contains(&name.as_str())) {
        let values = schema_of_field.get("enum").and_then(Value::as_array);
        for value in values.into_iter().flatten().skip(1).take(MAX_CHOICES) {
            let mut fixed = whole.clone();
            fixed.insert(field.clone(), value.clone());
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            push(Some((field.clone(), shown)), true, accepted(schema, tool, &names, &fixed));
        }
    }
    variants
}

/// Maximum number of values of one field that get a message each.
#[cfg(feature = "program")]
const MAX_CHOICES: usize = 12;

/// Returns the flags of these fields, switched on.
#[cfg(feature = "program")]
fn on(properties: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let mut fixed = Map::new();
    for (name, schema) in properties.iter().filter(|(name, _)| names.contains(&name.as_str())) {
        if schema["type"] == "boolean" && schema.get("examples").is_none() {
            fixed.insert(name.clone(), json!(true));
        }
    }
    fixed
}

fn required(schema: &Map<String, Value>) -> Vec<&str> {
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns arguments with these fields that the tool accepts, and the message made from them. A field that it needs
/// besides is added.
fn accepted(
    schema: &Map<String, Value>,
    tool: &ToolType,
    names: &[&str],
    fixed: &Map<String, Value>,
) -> Option<(Map<String, Value>, Message)> {
    let properties = schema.get("properties")?.as_object()?;
    let mut texts: Vec<(&str, usize)> = names.iter().map(|name| (*name, 0)).collect();
    for _ in 0..=TEXTS.len() {
        let arguments = texts.iter().map(|(name, text)| {
            let schema = properties.get(*name).and_then(Value::as_object);
            let made = || schema.map_or(Value::Null, |schema| value(schema, TEXTS[*text]));
            ((*name).to_owned(), fixed.get(*name).cloned().unwrap_or_else(made))
        });
        let arguments: Map<String, Value> = arguments.collect();
        let faults = match tool.message(&arguments) {
            Ok(message) => return Some((arguments, message)),
            Err(faults) => faults,
        };
        let wrong: BTreeSet<&str> =
            faults.iter().filter_map(|fault| fault.path.split(['[', '.']).next()).collect();
        for wrong in wrong {
            if let Some((_, text)) = texts.iter_mut().find(|(name, _)| *name == wrong) {
                *text = (*text + 1).min(TEXTS.len() - 1);
                continue;
            }
            // Needed although the schema does not require it: by name, or as a list that needs an element.
            let needed =
                |name: &str, schema: &Value| name == wrong || wrong.is_empty() && schema["type"] == "array";
            let known: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
            let missing = properties.iter().filter(|(name, schema)| needed(name, schema));
            texts
                .extend(missing.filter(|(name, _)| !known.contains(&&***name)).map(|(name, _)| (&**name, 0)));
        }
    }
    None
}

/// Returns a value that fits a schema: the author's own example, if any.
fn value(schema: &Map<String, Value>, text: &str) -> Value {
    let first =
        |key: &str| schema.get(key).and_then(Value::as_array).and_then(|values| values.first()).cloned();
    if let Some(value) =
        first("examples").or_else(|| schema.get("default").cloned()).or_else(|| first("enum"))
    {
        return value;
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!(text),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("array") => {
            let items = schema.get("items").and_then(Value::as_object);
            Value::Array(items.map(|items| value(items, text)).into_iter().collect())
        }
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let required = schema.get("required").and_then(Value::as_array);
            let names = required.into_iter().flatten().filter_map(Value::as_str);
            let values = names.filter_map(|name| {
                let schema = properties?.get(name)?.as_object()?;
                Some((name.to_owned(), value(schema, text)))
            });
            Value::Object(values.collect())
        }
        _ => Value::Null,
    }
}
