//! Values that are one of a few.

use std::fmt;

use crate::fault::quote;

/// A unit enum as a value of a notification: shown in templates, described to agents, read from their arguments.
/// Derived: see [`derive@crate::Choice`].
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
    /// The values in the order of the variants.
    const VALUES: &'static [ChoiceValue];

    /// The position of this one among [`VALUES`](Self::VALUES).
    fn index(&self) -> usize;

    /// The variant at a position.
    fn from_index(index: usize) -> Option<Self>;
}

/// One value of a [`Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChoiceValue {
    /// What an agent writes, for example `critical`.
    pub value: &'static str,
    /// What a reader sees.
    pub text: &'static str,
    /// What it means: the variant's documentation.
    pub description: &'static str,
}

impl ChoiceValue {
    /// A value; used by generated code.
    #[doc(hidden)]
    pub const fn new(value: &'static str, text: &'static str, description: &'static str) -> Self {
        Self { value, text, description }
    }
}

/// A text that is none of a [`Choice`]'s values.
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

/// `"a", "b" or "c"`
pub(crate) fn listed<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let quoted: Vec<String> = values.into_iter().map(|value| format!("{value:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The variant that this text names.
pub fn parse<T: Choice>(text: &str) -> Result<T, ParseChoiceError> {
    let index = T::VALUES.iter().position(|value| value.value == text);
    index.and_then(T::from_index).ok_or_else(|| ParseChoiceError { given: quote(text), values: T::VALUES })
}

/// What a reader sees.
pub fn write<T: Choice>(choice: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(T::VALUES.get(choice.index()).map_or("", |value| value.text))
}
