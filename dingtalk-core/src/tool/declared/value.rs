//! Values of declared fields.

use std::time::Duration;

#[cfg(feature = "jiff")]
use jiff::Timestamp;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::field_type::FieldType;
use crate::{
    Markdown, Mobile, Url, UserId,
    constraint::{Measure, Measured},
    message::{Fault, Faults, Mentions},
    tool::{
        Argument,
        argument::ReadValue,
        argument::{read_one_of, schema_of_values},
    },
};

/// A call's value for one field.
#[derive(Debug, Clone)]
pub(super) enum FieldValue {
    One(Scalar),
    Optional(Option<Scalar>),
    List(Vec<Scalar>),
    Flag(bool),
}

/// One value.
#[derive(Debug, Clone)]
pub(super) enum Scalar {
    Text(String),
    Markdown(Markdown),
    Integer(i64),
    Number(f64),
    Url(Url),
    Mobile(Mobile),
    UserId(UserId),
    #[cfg(feature = "jiff")]
    Time(Timestamp),
    Duration(Duration),
    Bytes(i64),
    /// Text that the message shows for a value of a fixed set.
    Choice(String),
}

impl FieldValue {
    pub(super) fn scalars(&self) -> &[Scalar] {
        match self {
            Self::One(scalar) => std::slice::from_ref(scalar),
            Self::Optional(scalar) => scalar.as_slice(),
            Self::List(scalars) => scalars,
            Self::Flag(_) => &[],
        }
    }

    /// Adds the people that the value names.
    pub(super) fn mention(&self, mentions: &mut Mentions) {
        for person in self.scalars() {
            match person {
                Scalar::Mobile(mobile) => mentions.merge(Mentions::mobiles([mobile.clone()])),
                Scalar::UserId(user_id) => mentions.merge(Mentions::user_ids([user_id.clone()])),
                _ => {}
            }
        }
    }
}

impl Measured for Scalar {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        match self {
            Self::Text(text) => text.measure(visit),
            Self::Markdown(markdown) => markdown.measure(visit),
            Self::Integer(integer) => integer.measure(visit),
            Self::Number(number) => number.measure(visit),
            Self::Duration(duration) => duration.measure(visit),
            Self::Bytes(bytes) => bytes.measure(visit),
            #[cfg(feature = "jiff")]
            Self::Time(_) => {}
            Self::Url(_) | Self::Mobile(_) | Self::UserId(_) | Self::Choice(_) => {}
        }
    }
}

impl Measured for FieldValue {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        match self {
            Self::One(scalar) => scalar.measure(visit),
            Self::Optional(scalar) => scalar.measure(visit),
            Self::List(scalars) => scalars.measure(visit),
            Self::Flag(_) => {}
        }
    }
}

impl ReadValue<Scalar> for FieldType {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        match self {
            Self::Text => <String as Argument>::schema(generator),
            Self::Markdown => <Markdown as Argument>::schema(generator),
            Self::Integer => <i64 as Argument>::schema(generator),
            Self::Number => <f64 as Argument>::schema(generator),
            Self::Flag => <bool as Argument>::schema(generator),
            Self::Link => <Url as Argument>::schema(generator),
            Self::MobileNumber => <Mobile as Argument>::schema(generator),
            Self::Member => <UserId as Argument>::schema(generator),
            #[cfg(feature = "jiff")]
            Self::Time => <Timestamp as Argument>::schema(generator),
            Self::Duration => <Duration as Argument>::schema(generator),
            Self::Bytes => json_schema!({"type": "integer", "minimum": 0, "description": "In bytes"}),
            Self::Choice(values) => {
                schema_of_values(values.iter().map(|choice| (&*choice.value, &*choice.description)))
            }
        }
    }

    fn read(&self, value: &Value, path: &str, faults: &mut Faults) -> Option<Scalar> {
        match self {
            Self::Text => <String as Argument>::read(value, path, faults).map(Scalar::Text),
            Self::Markdown => <Markdown as Argument>::read(value, path, faults).map(Scalar::Markdown),
            Self::Integer => <i64 as Argument>::read(value, path, faults).map(Scalar::Integer),
            Self::Number => <f64 as Argument>::read(value, path, faults).map(Scalar::Number),
            // A flag has no scalar form: it is read as a flag.
            Self::Flag => None,
            Self::Link => <Url as Argument>::read(value, path, faults).map(Scalar::Url),
            Self::MobileNumber => <Mobile as Argument>::read(value, path, faults).map(Scalar::Mobile),
            Self::Member => <UserId as Argument>::read(value, path, faults).map(Scalar::UserId),
            #[cfg(feature = "jiff")]
            Self::Time => <Timestamp as Argument>::read(value, path, faults).map(Scalar::Time),
            Self::Duration => <Duration as Argument>::read(value, path, faults).map(Scalar::Duration),
            Self::Bytes => {
                let bytes = <i64 as Argument>::read(value, path, faults)?;
                if bytes < 0 {
                    faults.push(Fault::new(path, "must be at least 0").given(bytes.to_string()));
                    return None;
                }
                Some(Scalar::Bytes(bytes))
            }
            Self::Choice(values) => {
                let names = values.iter().map(|choice| &*choice.value);
                let index = read_one_of(names, value, path, faults)?;
                values.get(index).map(|choice| Scalar::Choice(choice.text.clone()))
            }
        }
    }
}
