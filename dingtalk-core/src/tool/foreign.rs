//! Types of parameters that only serde and schemars know: their values keep the schema that an agent reads.

use dingtalk_template::{Number, suggest};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    argument::{Argument, BySerde, wrong_type},
    schema,
    types::integer,
};
use crate::{
    choice::listed,
    constraint::{self, Constraint, Field, Measure, Measured},
    message::{Fault, Faults},
};

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Argument<BySerde> for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<T> {
        let schema = schema::value(&T::json_schema);
        let mut found = Faults::default();
        let value = conform(value, &schema, path, &mut found);
        if found.is_empty() {
            match T::deserialize(&value) {
                Ok(value) => return Some(value),
                // The schema does not say all that the type asks for.
                Err(error) => {
                    found.push(Fault::new(path, format!("is invalid: {error}")).given(value.to_string()));
                }
            }
        }
        faults.append(found);
        None
    }
}

/// Reports what in a value breaks its schema, and writes whole numbers as integers.
fn conform(value: &Value, schema: &Map<String, Value>, path: &str, faults: &mut Faults) -> Value {
    let kind = schema.get("type").and_then(Value::as_str);
    if let (Value::String(text), Some(Value::Array(values))) = (value, schema.get("enum")) {
        one_of(text, values, path, faults);
    }
    match (kind, value) {
        (Some("object"), Value::Object(members)) => return object(members, schema, path, faults),
        (Some("array"), Value::Array(elements)) => {
            check(schema, "minItems", "maxItems", path, faults, Measure::Items(elements.len()));
            let items = schema.get("items").and_then(Value::as_object);
            let element = |(index, element): (usize, &Value)| match items {
                Some(items) => conform(element, items, &format!("{path}[{index}]"), faults),
                None => element.clone(),
            };
            return elements.iter().enumerate().map(element).collect();
        }
        (Some("string"), Value::String(text)) => {
            check(schema, "minLength", "maxLength", path, faults, Measure::Text(text));
        }
        (Some("integer"), number) if integer(number).is_some() => {
            let number = integer(number).unwrap_or_default();
            check(schema, "minimum", "maximum", path, faults, Measure::Number(Number::Integer(number)));
            let small =
                i64::try_from(number).map(Value::from).or_else(|_| u64::try_from(number).map(Value::from));
            return small.unwrap_or_else(|_| value.clone());
        }
        (Some("number"), Value::Number(number)) => {
            let number = Number::Float(number.as_f64().unwrap_or(f64::NAN));
            check(schema, "minimum", "maximum", path, faults, Measure::Number(number));
        }
        (Some("boolean"), Value::Bool(_)) | (None, _) => {}
        (Some(kind), _) => faults.push(wrong_type(path, schema::words(kind), value)),
    }
    value.clone()
}

fn object(
    members: &Map<String, Value>,
    schema: &Map<String, Value>,
    path: &str,
    faults: &mut Faults,
) -> Value {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let inside = |name: &str| format!("{path}.{name}");
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let mut conforming = Map::new();
    // An absent field has the default of its type.
    for (name, value) in members.iter().filter(|(name, value)| !value.is_null() || is_required(name)) {
        let value = match properties.get(name) {
            Some(Value::Object(property)) => conform(value, property, &inside(name), faults),
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                let names = properties.keys().map(String::as_str);
                let fault = Fault::new(inside(name), "is not a field");
                faults
                    .push(fault.suggest(suggest(name, names.filter(|known| !members.contains_key(*known)))));
                continue;
            }
            _ => value.clone(),
        };
        conforming.insert(name.clone(), value);
    }
    for (name, property) in properties.iter().filter(|(name, _)| is_required(name)) {
        if !members.contains_key(name) {
            let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
            faults.push(Fault::new(inside(name), format!("is missing: give {}", schema::words(kind))));
        }
    }
    Value::Object(conforming)
}

fn one_of(text: &str, values: &[Value], path: &str, faults: &mut Faults) {
    let mut names = values.iter().filter_map(Value::as_str);
    if !names.clone().any(|name| name == text) {
        let rule = format!("must be one of {}", listed(names.clone()));
        faults.push(Fault::new(path, rule).given(format!("{text:?}")).suggest(suggest(text, &mut names)));
    }
}

/// Checks what two keywords of a schema say.
fn check(
    schema: &Map<String, Value>,
    min: &str,
    max: &str,
    path: &str,
    faults: &mut Faults,
    measure: Measure<'_>,
) {
    let end = |key: &str| schema.get(key).and_then(|end| Number::parse(&end.to_string()));
    let (min, max) = (end(min), end(max));
    let count = |end: Option<Number>| end.and_then(Number::as_count);
    let constraint = match measure {
        Measure::Text(_) => Constraint::Length { min: count(min), max: count(max) },
        Measure::Number(_) => Constraint::Range { min, max },
        Measure::Items(_) => Constraint::Items { min: count(min), max: count(max) },
    };
    constraint::check(&Field::new(path, &[constraint]), &Measurement(measure), faults);
}

struct Measurement<'m>(Measure<'m>);

impl Measured for Measurement<'_> {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        visit(None, self.0);
    }
}
