//! Input schema of a tool: flat, in declaration order, in the subset that every client supports.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Cardinality, parameter::Parameter, reader::Learned};
use crate::tool::Constraint;

/// Formats that every client accepts; OpenAI refuses all others.
pub(super) const FORMATS: [&str; 9] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

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
    // Descriptions of a type's values appear once, next to the field's description.
    let of_type = value.remove("description").filter(|_| value.contains_key("enum"));
    let of_type = of_type.as_ref().and_then(Value::as_str);
    let constraints = parameter.field.constraints;
    let on_value = constraints.iter().filter(|constraint| !matches!(constraint, Constraint::MaxItems(_)));
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
    if let Some(max) = constraints.iter().find_map(|constraint| match constraint {
        Constraint::MaxItems(max) => Some(max),
        _ => None,
    }) {
        schema.insert("maxItems".to_owned(), json!(max));
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
    let mut description = parameter.description.trim().to_owned();
    if let Some(of_type) = of_type {
        end_sentence(&mut description);
        description.push_str(&format!(" {of_type}."));
    }
    let words: Vec<String> = parameter
        .field
        .constraints
        .iter()
        .map(|constraint| match (parameter.cardinality, constraint) {
            (_, Constraint::MaxItems(_)) => constraint.words(),
            (Cardinality::List, _) => format!("each {}", constraint.words()),
            _ => constraint.words(),
        })
        .collect();
    if !words.is_empty() {
        end_sentence(&mut description);
        let words = words.join(", ");
        let mut letters = words.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        description.push(' ');
        description.extend(first);
        description.push_str(letters.as_str());
        description.push('.');
    }
    description
}

fn end_sentence(text: &mut String) {
    if !text.ends_with(['.', '!', '?', '。']) {
        text.push('.');
    }
}

fn keywords(constraint: &Constraint, schema: &mut Map<String, Value>) {
    match constraint {
        Constraint::Length { min, max } => {
            insert(schema, "minLength", min.map(Value::from));
            insert(schema, "maxLength", max.map(Value::from));
        }
        Constraint::Range { min, max } => {
            let integer = schema.get("type").is_some_and(|kind| kind == "integer");
            insert(schema, "minimum", min.map(|min| number(min, integer)));
            insert(schema, "maximum", max.map(|max| number(max, integer)));
        }
        // JSON Schema counts characters only; the description gives the limit in bytes.
        Constraint::Bytes { .. } | Constraint::MaxItems(_) => {}
    }
}

fn insert(schema: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        schema.insert(key.to_owned(), value);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds of integers are written as integers in the attribute"
)]
fn number(bound: f64, integer: bool) -> Value {
    if integer { json!(bound as i64) } else { json!(bound) }
}

/// Returns the schema of one value, without keywords that some clients refuse and without those of the parameter
/// itself.
pub(super) fn value(schema: &dyn Fn(&mut SchemaGenerator) -> Schema) -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let Value::Object(mut schema) = schema(&mut generator).to_value() else {
        return Map::new();
    };
    for key in ["$schema", "title"] {
        schema.remove(key);
    }
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
    schema
}

/// JSON type of a schema.
pub(super) struct JsonType(Option<&'static str>);

/// JSON types, each with its name as the object of a sentence.
const JSON_TYPES: [(&str, &str); 6] = [
    ("string", "a string"),
    ("integer", "an integer"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("array", "an array"),
    ("object", "an object"),
];

impl JsonType {
    pub(super) fn of(schema: &dyn Fn(&mut SchemaGenerator) -> Schema) -> Self {
        let kind = value(schema).get("type").and_then(Value::as_str).map(str::to_owned);
        Self(JSON_TYPES.iter().map(|(kind, _)| *kind).find(|known| Some(*known) == kind.as_deref()))
    }

    /// Converts a whole number with a decimal point or an exponent, if an integer is expected.
    pub(super) fn integer(&self, given: &Value) -> Option<Value> {
        let number = given.as_f64().filter(|number| self.0 == Some("integer") && number.fract() == 0.0)?;
        // With a precision of 0, every digit is exact.
        format!("{number:.0}").parse::<i64>().ok().map(Value::from)
    }

    pub(super) fn admits(&self, given: &Value) -> bool {
        match self.0 {
            Some("string") => given.is_string(),
            Some("integer") => given.is_i64() || given.is_u64() || self.integer(given).is_some(),
            Some("number") => given.is_number(),
            Some("boolean") => given.is_boolean(),
            Some("array") => given.is_array(),
            Some("object") => given.is_object(),
            _ => true,
        }
    }

    pub(super) fn words(&self) -> &'static str {
        let words = JSON_TYPES.iter().find(|(kind, _)| Some(*kind) == self.0).map(|(_, words)| *words);
        words.unwrap_or("a value of another type")
    }
}

/// Names the JSON type that a caller must give for this parameter.
pub(super) fn expected(schema: &dyn Fn(&mut SchemaGenerator) -> Schema, cardinality: Cardinality) -> String {
    let element = JsonType::of(schema).words();
    if cardinality == Cardinality::List {
        let plural = element.split_once(' ').map_or(element, |(_, noun)| noun);
        return format!("an array of {plural}s");
    }
    element.to_owned()
}
