//! Questions about a type that only rustc can answer: generated code asks them by name, and an associated item of
//! [`Probe`] itself is found before one of a trait.

use std::marker::PhantomData;

use super::argument::{Argument, ByItself, BySerde};
use crate::{
    Choice, choice,
    compose::Check,
    message::{ChoiceValue, Faults},
};

/// Asks a question about `T`.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// The answers for a type that is no [`Choice`].
pub trait NoChoice<T> {
    /// None.
    const VALUES: &'static [ChoiceValue] = &[];

    /// The value that this text converts to.
    fn of(text: &'static str) -> T
    where
        T: From<&'static str>,
    {
        text.into()
    }
}

impl<T> NoChoice<T> for Probe<T> {}

impl<T: Choice> Probe<T> {
    /// The values of the choice.
    pub const VALUES: &'static [ChoiceValue] = T::VALUES;

    /// The variant that [`assert_value`](super::literal::assert_value) has found.
    pub fn of(text: &'static str) -> T {
        choice::parse(text).unwrap_or_else(|error| unreachable!("{error}"))
    }
}

/// The answers for a type that is no [`Argument`].
pub trait NoArgument<T> {
    /// Its schema knows.
    const IS_TEXT: bool = false;
    /// Only its parser knows.
    const IS_MOMENT: bool = false;
    /// It is read as its schema says.
    const HOW: BySerde = BySerde;
}

impl<T> NoArgument<T> for Probe<T> {}

impl<T: Argument> Probe<T> {
    /// A text of any length.
    pub const IS_TEXT: bool = T::IS_TEXT;
    /// A point in time in RFC 3339.
    pub const IS_MOMENT: bool = T::IS_MOMENT;
    /// It is read as the type says itself.
    pub const HOW: ByItself = ByItself;
}

/// A part of a notification that has rules of its own.
pub trait Checked {
    /// Reports what breaks them, under `path`.
    fn check(&self, path: &str, faults: &mut Faults);
}

/// The answer for all other types.
pub trait NoRules<T> {
    /// There is nothing to check.
    fn check(_: &mut Check, _: &str, _: &[T], _: bool) {}
}

impl<T> NoRules<T> for Probe<T> {}

impl<T: Checked> Probe<T> {
    /// Checks the values of a field.
    pub fn check(check: &mut Check, name: &str, values: &[T], is_list: bool) {
        for (index, value) in values.iter().enumerate() {
            let path = if is_list { format!("{name}[{index}]") } else { name.to_owned() };
            value.check(&path, &mut check.faults);
        }
    }
}

/// A text without an upper limit, behind a name that the derive does not know.
///
/// # Panics
///
/// While the program is compiled, with the error.
#[track_caller]
pub const fn assert_limited(is_text: bool, problem: &str) {
    assert!(!is_text, "{}", problem);
}
