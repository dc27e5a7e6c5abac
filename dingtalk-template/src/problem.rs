//! Problems of a template.

use std::fmt;

/// The reason why a template is refused, and its fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the slot that has the problem.
    pub slot: Option<String>,
    /// The problem and its fix, in the style of rustc.
    pub message: String,
    /// True if the text is not a format string; `format_args!` then reports the same, and points into the literal.
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
