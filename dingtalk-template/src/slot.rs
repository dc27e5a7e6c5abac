//! Values that the names of slots resolve to while a template is compiled.

use crate::table::LineCode;

/// The value that a slot's name resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Index of the value at run time.
    pub value: u16,
    /// Position that the value may have in a template.
    pub kind: SlotKind,
}

/// The position that a value may have in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotKind {
    /// Between other text.
    Inline,
    /// Alone on its line: a text that keeps its own lines.
    Block,
    /// Alone on its line, which is written once per value.
    Repeated {
        /// The line of each value.
        line: LineCode,
        /// Values with their lines that follow the last line.
        following: Vec<(u16, LineCode)>,
        /// The value between other text, or the reason why it cannot stand there.
        inline: Result<u16, String>,
    },
}

impl Resolved {
    /// Creates a value that is shown between other text.
    pub fn inline(value: u16) -> Self {
        Self { value, kind: SlotKind::Inline }
    }
}
