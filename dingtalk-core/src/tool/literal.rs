//! Literals that stand for a [`Choice`](crate::Choice) in an attribute. The derive does not know types, so the literals
//! are compared with the values at compile time.

use super::constant::{Text, equal};
use crate::{choice, message::ChoiceValue};

/// Compares a literal with the values of its type. An empty list of values means that the type is not a choice.
///
/// # Panics
///
/// Fails at compile time if the literal does not match any value.
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

/// Returns the same error for a declaration that is read at run time; `None` if the text is one of the values.
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
