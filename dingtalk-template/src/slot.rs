//! What a slot's name stands for while a template is compiled.

use crate::table::LineCode;

/// What a slot's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The value's index at run time.
    pub value: u16,
    /// How it may stand in a template.
    pub kind: SlotKind,
}

/// How a value may stand in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotKind {
    /// Among other text.
    Inline,
    /// Alone on its line, which is written once per value.
    Repeated(LineCode),
}

impl Resolved {
    /// A value that stands among other text.
    pub fn inline(value: u16) -> Self {
        Self { value, kind: SlotKind::Inline }
    }
}
