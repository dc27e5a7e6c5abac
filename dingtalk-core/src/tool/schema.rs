//! Input schema of a tool: flat, in declaration order, in the subset that every client supports.

use std::fmt;

use dingtalk_template::{Number, is_chinese, on_one_line};
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Cardinality, parameter::Parameter};
use crate::tool::Constraint;

/// Formats that every client accepts; OpenAI refuses all others.
pub(super) const FORMATS: [&str; 9] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Schema and default that a parameter's type provides.
#[derive(Debug, Clone)]
pub(super) struct Learned {
    /// Schema of one value.
    pub(super) schema: Map<String, Value>,
    /// Default of the field, if it is an expression that only the type can read.
    pub(super) default: Option<Value>,
    /// Parts of a foreign type without an upper limit, by their paths.
    pub(super) unlimited: Vec<String>,
    /// Only the schema of the type describes its values, and the type's own description is not for agents.
    pub(super) is_foreign: bool,
}

/// Returns the whole schema of an object with these parameters and the schemas of their types.
pub(super) fn object<'p>(
    parameters: impl Iterator<Item = Parameter<'p>>,
    types: Vec<Learned>,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (parameter, learned) in parameters.zip(types) {
        let name = parameter.field.name;
        if parameter.is_required() {
            required.push(name);
        }
        properties.insert(name.to_owned(), Value::Object(property(&parameter, learned)));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn property(parameter: &Parameter<'_>, learned: Learned) -> Map<String, Value> {
    let mut value = learned.schema;
    // The description of a type's values appears once, next to the field's description.
    let of_type = value.remove("description");
    let of_type = of_type.filter(|_| !learned.is_foreign || value.contains_key("enum"));
    let of_type = of_type.as_ref().and_then(Value::as_str);
    let constraints = parameter.field.constraints;
    let on_value = constraints.iter().filter(|constraint| !matches!(constraint, Constraint::Items { .. }));
    for constraint in on_value {
        keywords(constraint, &mut value);
    }
    let mut schema = match parameter.cardinality {
        Cardinality::List => {
            let mut list = Map::new();
            list.insert("type".to_owned(), json!("array"));
            list.insert("items".to_owned(), Value::Object(value));
            list
        }
        Cardinality::One | Cardinality::Optional | Cardinality::Flag => value,
    };
    for constraint in constraints {
        if let Constraint::Items { min, max } = constraint {
            insert(&mut schema, "minItems", min.map(Value::from));
            insert(&mut schema, "maxItems", max.map(Value::from));
        }
    }
    schema.insert("description".to_owned(), json!(description(parameter, of_type)));
    let default = parameter.default.and_then(|default| serde_json::from_str(default).ok());
    let default = default.or(learned.default);
    if let Some(default) = default.or((parameter.cardinality == Cardinality::Flag).then_some(json!(false))) {
        schema.insert("default".to_owned(), default);
    }
    if let Some(example) = parameter.example.and_then(|example| serde_json::from_str::<Value>(example).ok()) {
        schema.insert("examples".to_owned(), json!([example]));
    }
    schema
}

/// Joins the documentation, the descriptions of a type's values, and the constraints in words.
fn description(parameter: &Parameter<'_>, of_type: Option<&str>) -> String {
    let mut description = on_one_line(parameter.description).into_owned();
    if let Some(of_type) = of_type {
        end_sentence(&mut description);
        let space = if description.ends_with('。') { "" } else { " " };
        description.push_str(&format!("{space}{of_type}"));
        end_sentence(&mut description);
    }
    let is_chinese = is_chinese(&description);
    let constraints = parameter.field.constraints.iter().filter(|constraint| !is_in_schema(constraint));
    let words: Vec<String> = constraints
        .map(|constraint| {
            let on_elements =
                parameter.cardinality == Cardinality::List && !matches!(constraint, Constraint::Items { .. });
            match (is_chinese, on_elements) {
                (true, true) => format!("每项{}", in_chinese(constraint)),
                (true, false) => in_chinese(constraint),
                (false, true) => format!("each {}", in_characters(constraint)),
                (false, false) => in_characters(constraint),
            }
        })
        .collect();
    if words.is_empty() {
        return description;
    }
    end_sentence(&mut description);
    if is_chinese {
        description.push_str(&format!("{}。", words.join("，")));
        return description;
    }
    let words = words.join(", ");
    let mut letters = words.chars();
    description.push(' ');
    description.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    description.push_str(letters.as_str());
    description.push('.');
    description
}

/// Describes a constraint; a model counts characters rather than bytes.
fn in_characters(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Bytes { min: None, max: Some(max) } => {
            format!("at most {max} bytes ({} Chinese characters)", max / 3)
        }
        constraint => constraint.words(),
    }
}

fn in_chinese(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Length { min, max } => bounds_in_chinese(min.as_ref(), max.as_ref(), " 个字符"),
        Constraint::Bytes { min: None, max: Some(max) } => format!("最多 {max} 字节（{} 个汉字）", max / 3),
        Constraint::Bytes { min, max } => bounds_in_chinese(min.as_ref(), max.as_ref(), " 字节"),
        Constraint::Range { min, max } => bounds_in_chinese(min.as_ref(), max.as_ref(), ""),
        Constraint::Items { min, max } => bounds_in_chinese(min.as_ref(), max.as_ref(), " 项"),
    }
}

fn bounds_in_chinese<T: fmt::Display + PartialEq>(min: Option<&T>, max: Option<&T>, unit: &str) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("必须为 {min}{unit}"),
        (Some(min), Some(max)) => format!("{min} 至 {max}{unit}"),
        (Some(min), None) => format!("至少 {min}{unit}"),
        (None, Some(max)) => format!("最多 {max}{unit}"),
        (None, None) => "任意".to_owned(),
    }
}

/// Reports whether words would only repeat what every client shows of the schema: that a text must not be empty.
fn is_in_schema(constraint: &Constraint) -> bool {
    matches!(constraint, Constraint::Length { min: Some(1), max: None })
}

/// Ends the text as a sentence of its language.
fn end_sentence(text: &mut String) {
    if !text.ends_with(['.', '!', '?', '。', '！', '？']) {
        text.push(if is_chinese(text) { '。' } else { '.' });
    }
}

fn keywords(constraint: &Constraint, schema: &mut Map<String, Value>) {
    match constraint {
        Constraint::Length { min, max } => {
            insert(schema, "minLength", min.map(Value::from));
            insert(schema, "maxLength", max.map(Value::from));
        }
        Constraint::Range { min, max } => {
            // A text of digits is measured too, but no keyword describes it.
            let kind = schema.get("type").and_then(Value::as_str);
            if let Some(kind @ ("integer" | "number")) = kind {
                let whole = kind == "integer";
                let min = min.map(|min| number(min, whole.then_some(f64::ceil)));
                let max = max.map(|max| number(max, whole.then_some(f64::floor)));
                // A limit of the type's own stays if it is stricter.
                let end = |schema: &Map<String, Value>, key: &str| schema.get(key).and_then(Value::as_f64);
                let of_type = (end(schema, "minimum"), end(schema, "maximum"));
                let stricter = |own: Option<f64>, end: &Value, is_max: bool| {
                    let difference =
                        own.zip(end.as_f64()).map(|(own, end)| if is_max { own - end } else { end - own });
                    difference.is_some_and(|difference| difference < 0.0)
                };
                insert(schema, "minimum", min.filter(|min| !stricter(of_type.0, min, false)));
                insert(schema, "maximum", max.filter(|max| !stricter(of_type.1, max, true)));
            }
        }
        // JSON Schema counts characters only; the description gives the limit in bytes.
        Constraint::Bytes { .. } | Constraint::Items { .. } => {}
    }
}

fn insert(schema: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        schema.insert(key.to_owned(), value);
    }
}

/// An end of a range, rounded inwards for a type that is whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "JSON has no larger integers than those of 64 bits, and an end that was rounded is whole"
)]
fn number(end: Number, round: Option<fn(f64) -> f64>) -> Value {
    match (end, round) {
        (Number::Integer(end), _) => i64::try_from(end)
            .map(Value::from)
            .or_else(|_| u64::try_from(end).map(Value::from))
            .unwrap_or_else(|_| json!(end as f64)),
        (Number::Float(end), Some(round)) => number(Number::Integer(round(end) as i128), None),
        (Number::Float(end), None) => json!(end),
    }
}

/// Returns the schema of one value, without keywords that some clients refuse and without those of the parameter
/// itself.
pub(super) fn value(of_type: &dyn Fn(&mut SchemaGenerator) -> Schema) -> Map<String, Value> {
    let mut schema = generated(of_type);
    make_portable(&mut schema);
    schema
}

/// Returns the schema as its type has it.
fn generated(of_type: &dyn Fn(&mut SchemaGenerator) -> Schema) -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    match of_type(&mut SchemaGenerator::new(settings)).to_value() {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Makes of a schema, and of all that stand in it, what every client understands.
fn make_portable(schema: &mut Map<String, Value>) {
    for key in ["$schema", "title"] {
        schema.remove(key);
    }
    required_or_absent(schema);
    let format = schema.get("format").and_then(Value::as_str).filter(|format| !FORMATS.contains(format));
    if let Some(format) = format.map(str::to_owned) {
        schema.remove("format");
        // Only the format limited the numbers. Those of 64 bits stay unlimited: not every client supports such large
        // numbers.
        match format.as_str() {
            "uint32" => {
                schema.entry("maximum").or_insert(json!(u32::MAX));
            }
            "int32" => {
                schema.entry("minimum").or_insert(json!(i32::MIN));
                schema.entry("maximum").or_insert(json!(i32::MAX));
            }
            _ => {}
        }
    }
    if schema.contains_key("properties") {
        schema.entry("additionalProperties").or_insert(json!(false));
    }
    parts(schema).for_each(make_portable);
}

/// Returns the schemas of a list's elements and of an object's members.
fn parts(schema: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let (mut items, mut members) = (None, None);
    for (key, part) in schema {
        match (key.as_str(), part) {
            ("items", Value::Object(part)) => items = Some(part),
            ("properties", Value::Object(part)) => members = Some(part),
            _ => {}
        }
    }
    items
        .into_iter()
        .chain(members.into_iter().flat_map(|members| members.values_mut().filter_map(Value::as_object_mut)))
}

/// Replaces null unions, which not every client supports: a value that may be null may also be omitted.
fn required_or_absent(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [kind] = &types[..] {
            let kind = kind.clone();
            schema.insert("type".to_owned(), kind);
        }
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
}

/// Returns the paths of the texts and lists of a foreign type that have no upper limit.
pub(super) fn unlimited(of_type: &dyn Fn(&mut SchemaGenerator) -> Schema) -> Vec<String> {
    let mut found = Vec::new();
    find_unlimited(&generated(of_type), "", &mut found);
    found
}

fn find_unlimited(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let is = |kind: &str| match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        one => one.is_some_and(|one| one == kind),
    };
    let has = |keys: &[&str]| keys.iter().any(|key| schema.contains_key(*key));
    if is("string") && !has(&["maxLength", "enum", "const", "format", "pattern"])
        || is("array") && !has(&["maxItems", "prefixItems"])
    {
        found.push(path.to_owned());
    }
    if let Some(Value::Object(items)) = schema.get("items") {
        find_unlimited(items, &format!("{path}[]"), found);
    }
    if let Some(Value::Object(members)) = schema.get("properties") {
        for (name, member) in members {
            if let Value::Object(member) = member {
                find_unlimited(member, &format!("{path}.{name}"), found);
            }
        }
    }
}

/// JSON types, each with its name as the object of a sentence.
const JSON_TYPES: [(&str, &str); 6] = [
    ("string", "a string"),
    ("integer", "an integer"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("array", "an array"),
    ("object", "an object"),
];

/// Names the value that a caller must give for this JSON type.
pub(super) fn words(kind: &str) -> &'static str {
    let words = JSON_TYPES.iter().find(|(name, _)| *name == kind).map(|(_, words)| *words);
    words.unwrap_or("a value of another type")
}

/// Names the JSON type that a caller must give for this parameter.
pub(super) fn expected(of_type: &dyn Fn(&mut SchemaGenerator) -> Schema, cardinality: Cardinality) -> String {
    let schema = value(of_type);
    let element = words(schema.get("type").and_then(Value::as_str).unwrap_or_default());
    if cardinality == Cardinality::List {
        let plural = element.split_once(' ').map_or(element, |(_, noun)| noun);
        return format!("an array of {plural}s");
    }
    element.to_owned()
}
