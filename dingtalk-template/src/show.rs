//! Values as a template writes them.

use std::fmt::{self, Write as _};

use crate::{
    table::SlotContext,
    value::{ValueWriter, trim_end},
};

/// A value that can be written into a message.
///
/// Every `Display` type is one: its text is escaped for the place where it stands. A type that writes trusted
/// Markdown implements this trait itself, with [`Sink::markdown`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written into a DingTalk message",
    label = "implements neither `Display` nor `Show`",
    note = "implement `Display` for it, or give the field a type that has it",
    note = "a `Vec` or an `Option` must be written out in the field's type: an alias of it counts as one value"
)]
pub trait Show {
    /// Writes the value.
    fn show(&self, sink: &mut Sink<'_>);

    /// Is the value trusted Markdown that may be several blocks, where it stands alone on its line?
    fn is_blocks(&self) -> bool {
        false
    }
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> Show for T {
    fn show(&self, sink: &mut Sink<'_>) {
        // What stands behind the slot is the neighbour of text that is all there is.
        let after = sink.after;
        let mut writer = ValueWriter::new(sink, after);
        // A `Display` that fails has written what it could.
        let _ = write!(writer, "{self}");
        writer.finish();
    }
}

/// Where a value is written to: it knows the place in the message and escapes for it.
#[derive(Debug)]
pub struct Sink<'a> {
    pub(crate) out: &'a mut String,
    /// Where the value begins in `out`.
    pub(crate) start: usize,
    pub(crate) spare: &'a mut String,
    pub(crate) context: SlotContext,
    pub(crate) before: char,
    pub(crate) after: char,
    /// The slot stands alone on its line, so that trusted Markdown may be several blocks.
    pub(crate) alone: bool,
}

impl Sink<'_> {
    /// Writes text, escaped. More may follow, from the same value.
    pub fn text(&mut self, value: &dyn fmt::Display) {
        let mut writer = ValueWriter::new(self, '\0');
        let _ = write!(writer, "{value}");
        writer.finish();
    }

    /// Writes trusted Markdown as it is. Where other text stands on the same line, line breaks become spaces.
    pub fn markdown(&mut self, markdown: &str) {
        match self.context {
            SlotContext::Plain | SlotContext::PlainBlock | SlotContext::LinkTarget => self.text(&markdown),
            SlotContext::Markdown | SlotContext::LinkText if self.alone => {
                self.out.push_str(markdown.trim_matches('\n'))
            }
            SlotContext::Markdown | SlotContext::LinkText => {
                // White space at the outer ends may separate this from what the value writes next.
                let start = self.out.len();
                for (index, line) in markdown.trim_matches('\n').split('\n').enumerate() {
                    if index > 0 {
                        trim_end(self.out, start);
                        self.out.push(' ');
                    }
                    self.out.push_str(if index > 0 { line.trim_start() } else { line });
                }
            }
        }
    }
}

/// Several values: what a `line` is written for.
pub trait Each {
    /// Calls `visit` with each value.
    fn each(&self, visit: &mut dyn FnMut(&dyn Show));
}

impl<T: Show> Each for Option<T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        self.as_slice().each(visit);
    }
}

impl<T: Show> Each for Vec<T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        self.as_slice().each(visit);
    }
}

impl<T: Show> Each for [T] {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for value in self {
            visit(value);
        }
    }
}

/// A value handed to [`render`](crate::render()).
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// One value.
    One(&'a dyn Show),
    /// Any number of values, each on a line of its own.
    Each(&'a dyn Each),
    /// Whether a line is written.
    Flag(bool),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One(_) => "One",
            Self::Each(_) => "Each",
            Self::Flag(_) => "Flag",
        })
    }
}
