//! Enums whose variants are values of a notification.

use std::fmt;

use crate::fault::quote;

/// An enum without fields as a value of a notification: shown in templates, described to agents, read from their
/// arguments. Usually derived; see [`derive@crate::Choice`].
///
/// ```
/// use dingtalk_core::Choice;
///
/// #[derive(Choice, Debug, PartialEq)]
/// enum Severity {
///     Warning,
///     #[dingtalk(text("严重"))]
///     Critical,
/// }
///
/// assert_eq!("critical".parse(), Ok(Severity::Critical));
/// assert_eq!(Severity::Critical.to_string(), "严重");
/// assert_eq!(Severity::VALUES[0].value, "warning");
/// assert!("fatal".parse::<Severity>().is_err());
/// ```
pub trait Choice: Sized {
    /// Values in the order of the variants.
    const VALUES: &'static [ChoiceValue];

    /// Returns the position of this variant in [`VALUES`](Self::VALUES).
    fn index(&self) -> usize;

    /// Returns the variant at a position.
    fn from_index(index: usize) -> Option<Self>;
}

/// One value of a [`Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChoiceValue {
    /// Text in an agent's arguments, for example `critical`.
    pub value: &'static str,
    /// Text in the message.
    pub text: &'static str,
    /// Description for agents: the variant's documentation.
    pub description: &'static str,
}

impl ChoiceValue {
    /// Creates a value; used by generated code.
    #[doc(hidden)]
    pub const fn new(value: &'static str, text: &'static str, description: &'static str) -> Self {
        Self { value, text, description }
    }
}

/// A text that does not match any value of a [`Choice`].
#[derive(Clone, PartialEq, Eq)]
pub struct ParseChoiceError {
    given: String,
    values: &'static [ChoiceValue],
}

impl fmt::Display for ParseChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "must be one of {}, not {}",
            listed(self.values.iter().map(|value| value.value)),
            self.given
        )
    }
}

impl std::error::Error for ParseChoiceError {}

crate::debug::debug_as_display!(ParseChoiceError { given, values });

/// Lists texts as `"a", "b" or "c"`.
pub(crate) fn listed<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let quoted: Vec<String> = values.into_iter().map(|value| format!("{value:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Returns the variant with this value.
pub fn parse<T: Choice>(text: &str) -> Result<T, ParseChoiceError> {
    let index = T::VALUES.iter().position(|value| value.value == text);
    index.and_then(T::from_index).ok_or_else(|| ParseChoiceError { given: quote(text), values: T::VALUES })
}

/// Writes the text that the message shows.
pub fn write<T: Choice>(choice: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(T::VALUES.get(choice.index()).map_or("", |value| value.text))
}
