//! Argument types of the standard library and of this crate.

use std::{borrow::Cow, fmt::Display, num, rc::Rc, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::argument::{Argument, wrong_type};
use crate::{
    Markdown, Mobile, Url, UserId,
    message::{Fault, Faults},
};

macro_rules! string_schema {
    ($($type:ident),*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string"})
            }
        }

        #[diagnostic::do_not_recommend]
        impl Argument for $type {
            fn schema(generator: &mut SchemaGenerator) -> Schema {
                generator.subschema_for::<Self>()
            }

            fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
                checked_text(value, path, faults)
            }
        }
    )*};
}

string_schema!(Mobile, Url, UserId);

/// A text that its type checks. Some types take more than texts: a mobile number may be a number.
fn checked_text<T: DeserializeOwned>(value: &Value, path: &str, faults: &mut Faults) -> Option<T> {
    match T::deserialize(value) {
        Ok(read) => return Some(read),
        Err(error) if value.is_string() => {
            faults.push(Fault::new(path, format!("is invalid: {error}")).given(value.to_string()));
        }
        Err(_) => faults.push(wrong_type(path, "a string", value)),
    }
    None
}

macro_rules! texts {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Argument for $type {
            const IS_TEXT: bool = true;

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string"})
            }

            fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
                let Value::String(text) = value else {
                    faults.push(wrong_type(path, "a string", value));
                    return None;
                };
                Some(text.clone().into())
            }
        }
    )*};
}

texts!(String, Box<str>, Rc<str>, Arc<str>, Cow<'static, str>);

impl JsonSchema for Markdown {
    fn schema_name() -> Cow<'static, str> {
        "Markdown".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

#[diagnostic::do_not_recommend]
impl Argument for Markdown {
    const IS_TEXT: bool = true;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        checked_text(value, path, faults)
    }
}

#[diagnostic::do_not_recommend]
impl Argument for bool {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        value.as_bool().or_else(|| {
            faults.push(wrong_type(path, "a boolean", value));
            None
        })
    }
}

/// An integer as JSON gives it: there is one kind of numbers, and `3.0` is 3.
pub(super) fn integer(value: &Value) -> Option<i128> {
    let small = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    small.or_else(|| {
        let float = value.as_f64().filter(|float| float.fract() == 0.0)?;
        // With a precision, every digit is exact.
        format!("{float:.0}").parse().ok()
    })
}

fn read_integer<T: TryFrom<i128> + Display>(
    value: &Value,
    path: &str,
    (min, max): (T, T),
    faults: &mut Faults,
) -> Option<T> {
    let fault = match integer(value) {
        Some(integer) => match T::try_from(integer) {
            Ok(number) => return Some(number),
            Err(_) if integer == 0 => Fault::new(path, "must not be 0"),
            Err(_) => Fault::new(path, format!("must be {min} to {max}")).given(value.to_string()),
        },
        // More than 2^127 is a number all the same.
        None if value.as_f64().is_some_and(|float| float.fract() == 0.0) => {
            Fault::new(path, format!("must be {min} to {max}")).given(value.to_string())
        }
        None => wrong_type(path, "an integer", value),
    };
    faults.push(fault);
    None
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Argument for $type {
            fn schema(generator: &mut SchemaGenerator) -> Schema {
                Self::json_schema(generator)
            }

            fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
                read_integer(value, path, (Self::MIN, Self::MAX), faults)
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

macro_rules! nonzero {
    ($($nonzero:ident: $type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Argument for num::$nonzero {
            fn schema(generator: &mut SchemaGenerator) -> Schema {
                Self::json_schema(generator)
            }

            fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
                let number = <$type as Argument>::read(value, path, faults)?;
                if number == 0 {
                    faults.push(Fault::new(path, "must not be 0"));
                }
                Self::new(number)
            }
        }
    )*};
}

nonzero! {
    NonZeroU8: u8, NonZeroU16: u16, NonZeroU32: u32, NonZeroU64: u64, NonZeroU128: u128, NonZeroUsize: usize,
    NonZeroI8: i8, NonZeroI16: i16, NonZeroI32: i32, NonZeroI64: i64, NonZeroI128: i128, NonZeroIsize: isize
}

#[diagnostic::do_not_recommend]
impl Argument for f64 {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        value.as_f64().or_else(|| {
            faults.push(wrong_type(path, "a number", value));
            None
        })
    }
}

#[diagnostic::do_not_recommend]
impl Argument for f32 {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }

    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is infinite, and refused")]
    fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let number = <f64 as Argument>::read(value, path, faults)? as Self;
        if number.is_infinite() {
            let (min, max) = (Self::MIN, Self::MAX);
            faults.push(Fault::new(path, format!("must be {min:e} to {max:e}")).given(value.to_string()));
            return None;
        }
        Some(number)
    }
}
