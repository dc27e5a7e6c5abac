//! An example of a call: arguments made from a tool's schema, and the message made from them.

use std::collections::BTreeSet;

use dingtalk_core::{message::WireMessage, tool::ToolType};
use serde_json::{Map, Value, json};

/// Texts for parameters whose schema says only that they are strings.
const TEXTS: [&str; 3] = ["example", "https://example.com", "13800000000"];

/// Returns arguments that the tool accepts, and the message made from them; `None` if none were found, since a wrong
/// example would be worse than no example.
pub(crate) fn example(schema: &Map<String, Value>, tool: &ToolType) -> Option<Value> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(Value::as_array);
    let mut texts: Vec<(&str, usize)> =
        required.into_iter().flatten().filter_map(Value::as_str).map(|name| (name, 0)).collect();
    for _ in 0..=TEXTS.len() {
        let arguments = texts.iter().map(|(name, text)| {
            let schema = properties.get(*name).and_then(Value::as_object);
            ((*name).to_owned(), schema.map_or(Value::Null, |schema| value(schema, TEXTS[*text])))
        });
        let arguments: Map<String, Value> = arguments.collect();
        let faults = match tool.message(&arguments) {
            Ok(message) => {
                return Some(json!({"arguments": arguments, "message": WireMessage::new(message)}));
            }
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
