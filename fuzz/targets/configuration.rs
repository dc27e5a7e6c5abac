//! Configuration files: any text is accepted or rejected, and a notification of an accepted file makes
//! messages that match its definition.

#![no_main]

use dingtalk_config::Config;
use dingtalk_core::tool::ToolSet;
use dingtalk_notify::Deployment;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

fuzz_target!(|text: &str| {
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty(), "a file is refused without a word"),
    };
    // Each tool by itself: conflicts between tools are errors of the set.
    for tool in config.notifications {
        let Ok(set) = ToolSet::new([tool.clone()]) else { continue };
        for definition in Deployment::new().definitions(&set) {
            let arguments = arguments(&definition.input_schema);
            if let Err(faults) = tool.message(&arguments) {
                let names: Vec<&String> = arguments.keys().collect();
                let known = |path: &str| names.iter().any(|name| path.starts_with(name.as_str()));
                for fault in &faults {
                    assert!(fault.path.is_empty() || known(&fault.path), "{fault} in {arguments:?}");
                }
            }
        }
    }
});

/// A value for every parameter, of the schema's type.
fn arguments(schema: &Map<String, Value>) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, schema)| (name.clone(), value(schema))).collect()
}

fn value(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0).or_else(|| schema["examples"].get(0)) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("*https://example.com/(a)* [`1`]"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([value(&schema["items"]), value(&schema["items"])]),
        other => panic!("a parameter of type {other:?}"),
    }
}
