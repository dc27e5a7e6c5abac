//! Every generated schema is one that every client supports.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod rich;

use dingtalk_notify::{Definition, Deployment};
use jsonschema::draft202012;
use serde_json::{Map, Value};

fn definitions() -> Vec<Definition> {
    let tools = rich::set();
    let builtin = dingtalk_core::tool::ToolSet::new(dingtalk_notify::builtin_tools()).unwrap();
    [tools, builtin].iter().flat_map(|set| Deployment::new().definitions(set)).collect()
}

/// All schemas within a schema, including itself, each with its path.
fn schemas(place: String, schema: &Map<String, Value>) -> Vec<(String, &Map<String, Value>)> {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let inner = properties.chain(schema.get_key_value("items"));
    let inner: Vec<_> = inner
        .flat_map(|(name, schema)| schemas(format!("{place}/{name}"), schema.as_object().unwrap()))
        .collect();
    [(place, schema)].into_iter().chain(inner).collect()
}

#[test]
fn they_are_valid_json_schema_2020_12() {
    for definition in definitions() {
        for schema in [&definition.input_schema, &definition.output_schema] {
            let schema = Value::Object(schema.clone());
            draft202012::meta::validate(&schema)
                .unwrap_or_else(|error| panic!("{}: {error}", definition.name));
        }
    }
}

/// Keywords that are not on this list may be rejected by some client.
#[test]
fn they_use_only_widely_supported_keywords() {
    const KEYWORDS: [&str; 15] = [
        "additionalProperties",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "properties",
        "required",
        "type",
    ];
    const FORMATS: [&str; 9] =
        ["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"];
    for definition in definitions() {
        for root in [&definition.input_schema, &definition.output_schema] {
            for (place, schema) in schemas(definition.name.clone(), root) {
                for keyword in schema.keys() {
                    assert!(KEYWORDS.contains(&keyword.as_str()), "{place} has `{keyword}`");
                }
                assert!(schema["type"].is_string(), "{place} is a union of types");
                if let Some(format) = schema.get("format") {
                    assert!(FORMATS.contains(&format.as_str().unwrap()), "{place} has the format {format}");
                }
            }
        }
    }
}

#[test]
fn arguments_are_flat_and_closed() {
    for definition in definitions() {
        let schema = &definition.input_schema;
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false, "{}", definition.name);
        let properties = schema["properties"].as_object().unwrap();
        for (name, property) in properties {
            let place = format!("{}/{name}", definition.name);
            assert!(!property["description"].as_str().unwrap().is_empty(), "{place} is not described");
            let kinds = ["string", "integer", "number", "boolean"];
            let kind = property["type"].as_str().unwrap();
            let value = if kind == "array" { &property["items"] } else { property };
            // A list may contain objects of plain values, and nothing deeper.
            let values: Vec<&Value> = match value["properties"].as_object() {
                Some(members) if kind == "array" => members.values().collect(),
                _ => vec![value],
            };
            for value in values {
                assert!(kinds.contains(&value["type"].as_str().unwrap()), "{place} is not flat: {property}");
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            assert!(properties[required.as_str().unwrap()].get("default").is_none(), "{required}");
        }
    }
}

/// A default that its own schema rejects would mislead clients that use it.
#[test]
fn defaults_are_valid() {
    let mut defaults = 0;
    for definition in definitions() {
        for property in definition.input_schema["properties"].as_object().unwrap().values() {
            if let Some(default) = property.get("default") {
                assert!(draft202012::is_valid(property, default), "{property}");
                defaults += 1;
            }
        }
    }
    assert!(defaults >= 6);
}

#[test]
fn parameters_are_in_the_order_of_the_fields() {
    let people = &Deployment::new().definitions(&rich::set())[2];
    let names: Vec<&String> = people.input_schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["why", "urgent", "lead", "deputy", "others", "rest", "all"]);
    assert_eq!(people.input_schema["required"], serde_json::json!(["why", "lead"]));
}
