//! Portability of schemas. Schemas from the derive are portable; the schema of a foreign type may be refused by some
//! clients.

use serde_json::{Map, Value};

use super::schema::FORMATS;

/// Keywords that clients refuse: the interfaces of Claude and OpenAI drop or refuse combinators, Gemini's refuses
/// references.
const REFUSED: [&str; 15] = [
    "$schema",
    "$ref",
    "$dynamicRef",
    "$defs",
    "definitions",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "prefixItems",
    "unevaluatedProperties",
];

/// Lists the parts of a schema that a client may refuse.
pub(super) fn problems(schema: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    look(schema, &mut found);
    found
}

fn look(schema: &Map<String, Value>, found: &mut Vec<String>) {
    // A schema has only a few keys: hashing every keyword would take longer.
    let refused: Vec<&str> =
        REFUSED.into_iter().filter(|keyword| schema.keys().any(|key| key == keyword)).collect();
    found.extend(refused.iter().map(|keyword| format!("the keyword `{keyword}`")));
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let types: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
            found.push(format!("a union of types ({})", types.join(", ")));
        }
        // In a schema with a combinator, the types are inside the combinator.
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
        match part {
            Value::Object(part) => look(part, found),
            other => found.push(format!("`{other}` in place of a schema")),
        }
    }
}

fn values(object: Option<&Value>) -> impl Iterator<Item = &Value> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::values)
}
