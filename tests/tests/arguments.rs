//! The schema and the call accept the same arguments: an independent validator judges generated arguments.
//!
//! Deliberate differences between the two have names here.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod rich;

use std::cell::Cell;

use dingtalk_core::{Mobile, Url, UserId, message::MAX_MENTIONS, tool::ToolType};
use dingtalk_notify::Deployment;
use jsonschema::Validator;
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};

/// Arguments that every tool accepts, as a basis for changes.
fn base(tool: &str) -> Map<String, Value> {
    let base = match tool {
        "send_say_words" => json!({
            "short": "web", "exact": "abc", "narrow": "x", "body": "**b**", "page": "https://example.com", "note": "ok",
            "tags": ["a", "b"], "links": ["https://example.com/1"], "level": "warn",
        }),
        "send_say_numbers" => json!({
            "u8": 1, "u16": 2, "u32": 3, "u64": 4, "usize": 5, "i8": -1, "i16": -2, "i32": -3, "i64": -4, "isize": -5, "f32": 0.5,
            "f64": 1e3, "percent": 50, "part": 0.2, "step": 3, "offset": 0, "few": 4, "readings": [0.5, -1],
        }),
        "page_people" => json!({
            "why": "fire", "urgent": true, "lead": "13800000000", "deputy": "user1", "others": ["13900000000"],
            "rest": ["user2"], "all": false,
        }),
        other => panic!("no arguments for {other}"),
    };
    base.as_object().unwrap().clone()
}

/// Leniency: `null` stands for a missing argument.
fn null_means_absent(schema: &Value, arguments: &mut Map<String, Value>) {
    arguments.retain(|name, value| !value.is_null() || schema["properties"].get(name).is_none());
}

/// Leniency: agents send a list as its JSON text.
fn lists_may_be_json_text(schema: &Value, value: &mut Value) {
    if schema["type"] == "array"
        && let Value::String(text) = &*value
        && let Ok(list @ Value::Array(_)) = serde_json::from_str(text)
    {
        *value = list;
    }
}

/// Leniency: agents and older clients send mobile numbers as JSON numbers.
fn mobile_numbers_may_be_numbers(name: &str, value: &mut Value) {
    let digits = |value: &mut Value| {
        if let Some(number) = value.as_u64() {
            *value = json!(number.to_string());
        }
    };
    match (name, value) {
        ("lead", value) => digits(value),
        ("others", Value::Array(list)) => list.iter_mut().for_each(digits),
        _ => {}
    }
}

/// The arguments as they would be written without any leniency.
fn strictly(schema: &Value, mut arguments: Map<String, Value>) -> Map<String, Value> {
    null_means_absent(schema, &mut arguments);
    for (name, value) in &mut arguments {
        lists_may_be_json_text(&schema["properties"][name], value);
        mobile_numbers_may_be_numbers(name, value);
    }
    arguments
}

/// The texts of an argument: itself or its elements.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        value => value.and_then(Value::as_str).into_iter().collect(),
    }
}

/// Beyond the schema: JSON Schema counts characters, not bytes.
fn bytes_are_counted(arguments: &Map<String, Value>) -> bool {
    let within = |name, most| texts(arguments.get(name)).iter().all(|text| text.len() <= most);
    within("narrow", 12) && within("note", 30)
}

/// Beyond the schema: mobile numbers with or without spaces and +86, user ids and URLs are plain strings in
/// the schema, since clients reject `pattern` and `format: uri`.
fn types_read_their_own_text(arguments: &Map<String, Value>) -> bool {
    let all = |names: &[&str], read: fn(&str) -> bool| {
        names.iter().flat_map(|name| texts(arguments.get(*name))).all(read)
    };
    all(&["lead", "others"], |text| Mobile::new(text).is_ok())
        && all(&["deputy", "rest"], |text| UserId::new(text).is_ok())
        && all(&["page", "links"], |text| Url::new(text).is_ok())
}

/// Beyond the schema: it limits each list of people, while DingTalk limits all of them together.
fn people_are_counted_together(arguments: &Map<String, Value>) -> bool {
    let people = ["lead", "deputy", "others", "rest"].iter().flat_map(|name| texts(arguments.get(*name)));
    people.collect::<std::collections::HashSet<_>>().len() <= MAX_MENTIONS
}

fn text() -> impl Strategy<Value = String> {
    let piece = select(vec!["a", "Z9", " ", "钉", "🚨", "*", "_", "\n", "\"", "[", "\u{301}", "example"]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn number() -> impl Strategy<Value = Value> {
    const EDGES: &str = "0 -0 1 -1 2 5 6 10 11 100 101 127 128 -128 -129 255 256 300 32767 32768 -32769 65535 65536 \
        2147483647 2147483648 -2147483649 4294967295 4294967296 9007199254740993 9223372036854775807 9223372036854775808 \
        -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 1e30 -1e30 1e300 1e-300 0.0 \
        -0.0 3.0 -2.0 4e0 0.1 0.2 0.3 0.5 1.5 -1.5 1.5000001 100.0 99.99";
    let edges: Vec<Value> = EDGES.split(' ').map(|number| serde_json::from_str(number).unwrap()).collect();
    prop_oneof![
        3 => select(edges),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        2 => (-10_i64..20).prop_map(Value::from),
    ]
}

fn special_text() -> impl Strategy<Value = String> {
    select(vec![
        "13800000000",
        "138 0000 0000",
        "+86 13800000000",
        "+8613800000000",
        "+86-138 0000 0000",
        "+852-12345678",
        "12",
        "Zhang San",
        "user1",
        " user2 ",
        "user 3",
        "u@x",
        "https://example.com/a b",
        "https://example.com/(x)",
        " https://example.com ",
        "dingtalk://x/y",
        "javascript:alert(1)",
        "example.com",
        "true",
        "5",
        "null",
        "{}",
    ])
    .prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        number(),
        text().prop_map(Value::from),
        special_text().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let same = |strategy: BoxedStrategy<Value>| prop::collection::vec(strategy, 0..6).prop_map(Value::from);
    let list = prop_oneof![
        same(text().prop_map(Value::from).boxed()),
        same(special_text().prop_map(Value::from).boxed()),
        same(number().boxed()),
        same(scalar().boxed()),
        (0_usize..60).prop_map(|count| (0..count).map(|index| format!("user{index}")).collect()),
    ]
    .boxed();
    prop_oneof![
        8 => scalar(),
        3 => list.clone(),
        1 => list.prop_map(|list| Value::from(list.to_string())),
        1 => prop::collection::hash_map("[a-c]", scalar(), 0..3).prop_map(|map| map.into_iter().collect()),
    ]
}

/// Changes to valid arguments: a parameter gets another value, is omitted, or is misspelt.
fn changes(names: Vec<String>) -> impl Strategy<Value = Vec<(String, Option<Value>)>> {
    let name = prop_oneof![20 => select(names), 1 => Just("another".to_owned())];
    prop::collection::vec((name, prop::option::weighted(0.9, value())), 0..3)
}

/// Arguments that the schema admits and a call refuses: the schema does not limit numbers of 64 bits, since
/// not every client supports such limits, nor floats of 32 bits, since such limits have 39 digits.
const GAPS: [(&str, &str); 6] = [
    ("f32", "1e300"),
    ("u64", "18446744073709551616"),
    ("usize", "1e30"),
    ("i64", "9223372036854775808"),
    ("isize", "18446744073709551615"),
    ("offset", "9223372036854775808"),
];

fn is_in_a_gap(schema: &Value, arguments: &Map<String, Value>) -> bool {
    arguments.iter().any(|(name, value)| {
        let Some(number) = value.as_f64() else { return false };
        if name == "f32" {
            return number.abs() > f64::from(f32::MAX);
        }
        // A number written with a point or an exponent is read only if it fits `i64`.
        let fits = match name.as_str() {
            "u64" | "usize" if !value.is_f64() => 0.0..=18_446_744_073_709_549_568.0,
            _ => -9_223_372_036_854_775_808.0..=9_223_372_036_854_774_784.0,
        };
        schema["properties"][name]["type"] == "integer" && !fits.contains(&number)
    })
}

fn judge(
    tool: &ToolType,
    schema: &Value,
    validator: &Validator,
    arguments: &Map<String, Value>,
) -> Result<bool, TestCaseError> {
    let strict = strictly(schema, arguments.clone());
    let expected = validator.is_valid(&Value::Object(strict.clone()))
        && bytes_are_counted(&strict)
        && types_read_their_own_text(&strict)
        && people_are_counted_together(&strict);
    let given = tool.message(arguments);
    if expected && given.is_err() && is_in_a_gap(schema, &strict) {
        return Ok(expected);
    }
    prop_assert_eq!(
        given.is_ok(),
        expected,
        "{}: the call says {:?}, the schema {:?}",
        Value::Object(arguments.clone()),
        given.map_err(|faults| faults.to_string()),
        validator.validate(&Value::Object(strict)).map_err(|error| error.to_string())
    );
    Ok(expected)
}

#[test]
fn a_schema_and_a_call_accept_the_same_arguments() {
    let set = rich::set();
    for (tool, definition) in set.iter().zip(Deployment::new().definitions(&set)) {
        let schema = Value::Object(definition.input_schema);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let names: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert!(matches!(judge(tool, &schema, &validator, &base(&definition.name)), Ok(true)));
        let (valid, invalid) = (Cell::new(0), Cell::new(0));
        let mut runner =
            TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
        runner
            .run(&changes(names), |changes| {
                let mut arguments = base(&definition.name);
                for (name, value) in changes {
                    match value {
                        Some(value) => arguments.insert(name, value),
                        None => arguments.shift_remove(&name),
                    };
                }
                let count = if judge(tool, &schema, &validator, &arguments)? { &valid } else { &invalid };
                count.set(count.get() + 1);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", definition.name));
        // A test that accepts or refuses everything would prove nothing.
        assert!(valid.get() > 150 && invalid.get() > 150, "{valid:?} valid, {invalid:?} invalid");
    }
}

#[test]
fn gaps_are_still_open() {
    let set = rich::set();
    let tool = set.get("send_say_numbers").unwrap();
    let definition = &Deployment::new().definitions(&set)[1];
    let validator = jsonschema::draft202012::new(&Value::Object(definition.input_schema.clone())).unwrap();
    for (name, value) in GAPS {
        let mut arguments = base(tool.spec().name);
        arguments.insert(name.to_owned(), serde_json::from_str(value).unwrap());
        assert!(
            validator.is_valid(&Value::Object(arguments.clone())),
            "closed by the schema: {name} = {value}"
        );
        assert!(tool.message(&arguments).is_err(), "closed by the call: {name} = {value}");
    }
}
