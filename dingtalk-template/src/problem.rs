//! What is wrong with a template.

use std::fmt;

/// Why a template is refused: what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The slot that it concerns.
    pub slot: Option<String>,
    /// What is wrong, in the style of rustc.
    pub message: String,
    /// The text is no format string at all: `format_args!` says the same and points into the literal.
    pub malformed: bool,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { slot: None, message: message.into(), malformed: false }
    }

    pub(crate) fn at_slot(slot: &str, message: impl Into<String>) -> Self {
        Self { slot: Some(slot.to_owned()), message: message.into(), malformed: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
