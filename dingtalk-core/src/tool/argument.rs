//! Types of a tool's parameters.

use std::marker::PhantomData;

use dingtalk_template::suggest;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::{
    Choice, choice,
    message::{Fault, Faults},
};

/// A value in a tool's arguments, with its schema and its parser.
///
/// Texts, numbers, times and this crate's own types are arguments. So are a [`Choice`](derive@crate::Choice), and an item of a
/// feed card or a [`Fragment`](derive@crate::Fragment) that is marked `#[dingtalk(tool)]`. A field of a tool can have any
/// other type too that derives `serde::Deserialize` and `schemars::JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a tool",
    label = "an agent cannot give this",
    note = "derive `Choice` for an enum of plain values, `Fragment` with `tool` for a struct, `FeedItem` with `tool` for \
            an item of a feed card, or `serde::Deserialize` and `schemars::JsonSchema` for any other type"
)]
pub trait Argument<How = ByItself>: Sized {
    /// Marks a text of any length; used by generated code.
    #[doc(hidden)]
    const IS_TEXT: bool = false;

    /// Marks a point in time in RFC 3339; used by generated code.
    #[doc(hidden)]
    const IS_MOMENT: bool = false;

    /// Returns the schema of one value.
    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// Reads one value. Faults are reported under `path`.
    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self>;

    /// Returns a default that is not a literal, as a schema shows it; used by generated code.
    #[doc(hidden)]
    fn default_in_schema(_default: fn() -> Self) -> Option<Value> {
        None
    }

    /// Reads values of this type; used by generated code.
    #[doc(hidden)]
    fn by(_: How) -> &'static dyn ReadValue<Self>
    where
        Self: 'static,
        How: IsForeign + 'static,
    {
        const { &By(PhantomData::<How>) }
    }
}

/// A type says itself how its values are read.
#[derive(Debug, Clone, Copy)]
pub struct ByItself;

/// Only serde and schemars know how.
#[derive(Debug, Clone, Copy)]
pub struct BySerde;

/// Does only the schema say what its values are?
pub trait IsForeign {
    /// The answer.
    const IS_FOREIGN: bool;
}

impl IsForeign for ByItself {
    const IS_FOREIGN: bool = false;
}

impl IsForeign for BySerde {
    const IS_FOREIGN: bool = true;
}

/// A reader of one value, by the rules of its type or of a declaration.
pub trait ReadValue<T> {
    /// Returns the schema of one value.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// Reads one value. Faults are reported under `path`.
    fn read(&self, value: &Value, path: &str, faults: &mut Faults) -> Option<T>;

    /// Returns a default that is not a literal, as the schema shows it.
    fn default_in_schema(&self, _default: fn() -> T) -> Option<Value> {
        None
    }

    /// Does only the schema say what its values are?
    fn is_foreign(&self) -> bool {
        false
    }
}

/// Reads an argument in this way.
pub(super) struct By<How>(pub(super) PhantomData<How>);

impl<How: IsForeign, T: Argument<How>> ReadValue<T> for By<How> {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }

    fn read(&self, value: &Value, path: &str, faults: &mut Faults) -> Option<T> {
        T::read(value, path, faults)
    }

    fn default_in_schema(&self, default: fn() -> T) -> Option<Value> {
        T::default_in_schema(default)
    }

    fn is_foreign(&self) -> bool {
        How::IS_FOREIGN
    }
}

/// Parses a list that an agent sent as JSON text.
pub(super) fn list_in_text(text: &str) -> Option<Vec<Value>> {
    serde_json::from_str(text).ok()
}

/// Creates the fault of a value with the wrong JSON type.
pub(super) fn wrong_type(path: &str, expected: &str, value: &Value) -> Fault {
    Fault::new(path, format!("must be {expected}")).given(describe(value))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("the boolean {flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => format!("the array {value}"),
        Value::Object(_) => format!("the object {value}"),
    }
}

/// Returns the schema of a [`Choice`].
pub fn choice_schema<T: Choice>() -> Schema {
    schema_of_values(T::VALUES.iter().map(|value| (value.value, value.description)))
}

/// Returns the schema of a text with a fixed set of values, each with its description.
pub(super) fn schema_of_values<'v>(values: impl Iterator<Item = (&'v str, &'v str)> + Clone) -> Schema {
    let names: Vec<&str> = values.clone().map(|(value, _)| value).collect();
    let mut schema = json_schema!({"type": "string", "enum": names});
    let meanings: Vec<String> = values
        .filter(|(_, description)| !description.is_empty())
        .map(|(value, description)| format!("{value}: {}", description.trim_end_matches('.')))
        .collect();
    if !meanings.is_empty() {
        schema.insert("description".to_owned(), Value::String(meanings.join("; ")));
    }
    schema
}

/// Reads a [`Choice`].
pub fn read_choice<T: Choice>(value: &Value, path: &str, faults: &mut Faults) -> Option<T> {
    let index = read_one_of(T::VALUES.iter().map(|value| value.value), value, path, faults)?;
    T::from_index(index)
}

/// Returns the position of a text in a fixed set of values.
pub(super) fn read_one_of<'v>(
    mut values: impl Iterator<Item = &'v str> + Clone,
    value: &Value,
    path: &str,
    faults: &mut Faults,
) -> Option<usize> {
    let Value::String(text) = value else {
        faults.push(wrong_type(path, "a string", value));
        return None;
    };
    if let Some(index) = values.clone().position(|value| value == text) {
        return Some(index);
    }
    let rule = format!("must be one of {}", choice::listed(values.clone()));
    let meant = suggest(text, &mut values);
    faults.push(Fault::new(path, rule).given(format!("{text:?}")).suggest(meant));
    None
}

/// Returns the text of this [`Choice`] in an agent's arguments.
pub fn choice_value<T: Choice>(choice: &T) -> Option<Value> {
    T::VALUES.get(choice.index()).map(|value| Value::from(value.value))
}
