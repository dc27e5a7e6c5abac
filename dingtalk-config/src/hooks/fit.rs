//! Values of a payload in the type of a field: shortened where they are too long, and left out where they do not fit.

use dingtalk_core::tool::{Cardinality, Constraint, Parameter};
use serde_json::{Map, Value};

use super::{condition::text, evaluate::Selected};

/// A parameter of a notification, with what its values must be.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) is_required: bool,
    cardinality: Cardinality,
    is_mention: bool,
    /// Schema of one value.
    schema: Map<String, Value>,
    max_characters: Option<usize>,
    max_bytes: Option<usize>,
    max_items: Option<usize>,
}

impl Slot {
    pub(super) fn new(parameter: &Parameter<'_>, schema: &Map<String, Value>) -> Self {
        let property = schema.get("properties").and_then(|all| all.get(parameter.field.name));
        let mut value = property.and_then(Value::as_object).cloned().unwrap_or_default();
        if parameter.cardinality == Cardinality::List
            && let Some(Value::Object(items)) = value.remove("items")
        {
            value = items;
        }
        let mut slot = Self {
            name: parameter.field.name.to_owned(),
            is_required: parameter.is_required(),
            cardinality: parameter.cardinality,
            is_mention: parameter.mentions.is_some(),
            schema: value,
            max_characters: None,
            max_bytes: None,
            max_items: None,
        };
        for constraint in parameter.field.constraints {
            match constraint {
                Constraint::Length { max, .. } => slot.max_characters = *max,
                Constraint::Bytes { max, .. } => slot.max_bytes = *max,
                Constraint::Items { max, .. } => slot.max_items = *max,
                _ => {}
            }
        }
        slot
    }

    pub(super) fn is_list(&self) -> bool {
        self.cardinality == Cardinality::List
    }

    pub(super) fn is_flag(&self) -> bool {
        self.cardinality == Cardinality::Flag
    }

    /// Returns the values that the field can have, if they are a fixed set.
    pub(super) fn choices(&self) -> Option<Vec<&str>> {
        let choices = self.schema.get("enum").and_then(Value::as_array)?;
        Some(choices.iter().filter_map(Value::as_str).collect())
    }

    /// Returns the value as an argument; `None` if there is no such value. `is_person` finds the names of people: a
    /// payload mentions nobody else.
    pub(super) fn fit(&self, selected: Selected, is_person: &dyn Fn(&str) -> bool) -> Option<Value> {
        let Selected { value, is_of_file } = selected;
        let is_allowed =
            |value: &Value| !self.is_mention || is_of_file || value.as_str().is_some_and(is_person);
        let one = |value: Value| self.one(value).filter(is_allowed);
        match (self.cardinality, value) {
            (Cardinality::List, Value::Array(list)) => {
                let most = self.max_items.unwrap_or(usize::MAX);
                let list: Vec<Value> = list.into_iter().filter_map(one).take(most).collect();
                (!list.is_empty()).then_some(Value::Array(list))
            }
            (Cardinality::List, value) => one(value).map(|value| Value::Array(vec![value])),
            // One of several: a label may have several values.
            (_, Value::Array(list)) => list.into_iter().find_map(one),
            (_, value) => one(value),
        }
    }

    fn one(&self, value: Value) -> Option<Value> {
        if let Some(choices) = self.choices() {
            let given = text(&value)?;
            return choices.contains(&given.as_str()).then_some(Value::String(given));
        }
        match self.schema.get("type").and_then(Value::as_str) {
            Some("string") => Some(Value::String(self.shortened(text(&value)?))),
            Some("integer") => integer(&value).map(Value::from),
            Some("number") => match value {
                Value::Number(_) => Some(value),
                value => number(value.as_str()?),
            },
            Some("boolean") => match &value {
                Value::Bool(_) => Some(value),
                Value::String(text) => text.trim().to_ascii_lowercase().parse().ok().map(Value::Bool),
                _ => None,
            },
            // A type that only the program knows.
            _ => Some(value),
        }
    }

    /// Shortens a text to the limits of the field, visibly.
    fn shortened(&self, text: String) -> String {
        let is_short = |text: &str| {
            self.max_characters.is_none_or(|most| text.chars().count() <= most)
                && self.max_bytes.is_none_or(|most| text.len() <= most)
        };
        if is_short(&text) {
            return text;
        }
        let characters = self.max_characters.map_or(usize::MAX, |most| most.saturating_sub(1));
        let bytes = self.max_bytes.map_or(usize::MAX, |most| most.saturating_sub('…'.len_utf8()));
        let mut short = String::new();
        for (index, c) in text.chars().enumerate() {
            if index >= characters || short.len() + c.len_utf8() > bytes {
                break;
            }
            short.push(c);
        }
        short.truncate(short.trim_end().len());
        short.push('…');
        short
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        value => value.as_str()?.trim().parse().ok(),
    }
}

/// Returns a number without a fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole, and not larger than what an i64 holds exactly"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn number(text: &str) -> Option<Value> {
    let number: f64 = text.trim().parse().ok()?;
    serde_json::Number::from_f64(number).map(Value::Number)
}
