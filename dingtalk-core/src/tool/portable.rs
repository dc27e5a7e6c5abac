//! Schemas that some clients refuse. What the derive makes is portable; the schema of a foreign type may not be.

use serde_json::{Map, Value};

use super::schema::FORMATS;

/// Claude's and OpenAI's interfaces drop or refuse combinators, Gemini's references.
const REFUSED: &str = "$schema $ref $dynamicRef $defs definitions oneOf anyOf allOf not if then else \
    patternProperties prefixItems unevaluatedProperties";

/// What a client could refuse in the schema of a tool's arguments: the parameter, and what is in its schema.
pub(super) fn problems(input: &Map<String, Value>) -> Vec<(&str, String)> {
    let properties = input.get("properties").and_then(Value::as_object);
    let mut problems = Vec::new();
    for (name, schema) in properties.into_iter().flatten() {
        let mut found = Vec::new();
        look(schema, &mut found);
        problems.extend(found.into_iter().map(|problem| (name.as_str(), problem)));
    }
    problems
}

fn look(schema: &Value, found: &mut Vec<String>) {
    let Value::Object(schema) = schema else {
        found.push(format!("`{schema}` in place of a schema"));
        return;
    };
    let refused: Vec<&str> =
        REFUSED.split_ascii_whitespace().filter(|keyword| schema.contains_key(*keyword)).collect();
    found.extend(refused.iter().map(|keyword| format!("the keyword `{keyword}`")));
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let types: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
            found.push(format!("a union of types ({})", types.join(", ")));
        }
        // Where there is a combinator, the types stand inside of it.
        None if refused.is_empty() => found.push("no type".to_owned()),
        Some(kind) if kind == "object" && !schema.contains_key("properties") => {
            found.push("an object that does not name its properties".to_owned());
        }
        _ => {}
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !FORMATS.contains(&format)
    {
        found.push(format!("the format `{format}`"));
    }
    for part in schema.get("items").into_iter().chain(values(schema.get("properties"))) {
        look(part, found);
    }
}

fn values(object: Option<&Value>) -> impl Iterator<Item = &Value> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::values)
}
