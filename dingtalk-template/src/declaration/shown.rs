//! The values that the slots of compiled templates show.

use super::Location;

/// A value with the format spec of the slots that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Source of the value.
    pub source: Source,
    /// Format spec of the slots.
    pub spec: String,
    /// True if a slot is the target of a link.
    pub target: bool,
    /// True if the slots show the whole value, although its field is shortened elsewhere: in the path, the query or the
    /// fragment of a URL, and where values are compared.
    pub is_whole: bool,
    /// The template that shows the value first.
    pub location: Location,
}

/// Source of a slot's value, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A field: its value, or a line for each of its values.
    Field(usize),
    /// The values of a field within other text, as one.
    Inline(usize),
    /// Text for a field without a value; no value if it has one.
    Absent(usize),
    /// Number of a field's values that `max_shown` leaves out; no value if none is left out.
    LeftOut(usize),
    /// A value that an expression computes.
    Computed(usize),
}
