//! Texts that stand for a [`Choice`] in an attribute: the derive knows no type, so they are compared with the values
//! while the program is compiled.

use std::marker::PhantomData;

use super::check::{Text, equal};
use crate::{Choice, choice, message::ChoiceValue};

/// Asks whether `T` is a [`Choice`]: what stands here is found before what [`NoChoice`] has for every type.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// The answer for all other types.
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

    /// The variant that [`assert_value`] has found.
    pub fn of(text: &'static str) -> T {
        choice::parse(text).unwrap_or_else(|error| unreachable!("{error}"))
    }
}

/// Compares a literal with the values of its type. Without values the type is no choice.
///
/// # Panics
///
/// While the program is compiled, where none of the values is the literal.
#[track_caller]
pub const fn assert_value(what: &str, text: &str, values: &[ChoiceValue]) {
    let mut index = 0;
    while index < values.len() {
        if equal(values[index].value, text) {
            return;
        }
        index += 1;
    }
    if values.is_empty() {
        return;
    }
    let mut problem = Text::new();
    problem.push(what);
    problem.push(" `");
    problem.push(text);
    problem.push("` is none of the values: write ");
    let mut index = 0;
    while index < values.len() {
        problem.push(match index {
            0 => "\"",
            _ if index + 1 == values.len() => " or \"",
            _ => ", \"",
        });
        problem.push(values[index].value);
        problem.push("\"");
        index += 1;
    }
    panic!("{}", problem.as_str());
}

/// The same words for a declaration that is read while the program runs; `None` where the text is one of the values.
pub(super) fn none_of<'v>(
    what: &str,
    text: &str,
    values: impl Iterator<Item = &'v str> + Clone,
) -> Option<String> {
    if values.clone().any(|value| value == text) {
        return None;
    }
    Some(format!("{what} `{text}` is none of the values: write {}", choice::listed(values)))
}
