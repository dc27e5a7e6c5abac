//! Values that templates show.

use std::fmt::{self, Write as _};

use crate::{
    table::SlotContext,
    value::{ValueWriter, trim_end},
};

/// A value that can be written into a message.
///
/// Every `Display` type implements it: its text is escaped for its position. A type that writes trusted Markdown
/// implements this trait itself, with [`Sink::markdown`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written into a DingTalk message",
    label = "implements neither `Display` nor `Show`",
    note = "derive `Choice` for an enum of plain values, or `Fragment` for a struct, or implement `Display`",
    note = "for any other type, compute a text: `with(name = …)`, and show `name` in the template",
    note = "a `Vec` or an `Option` must be written out in the field's type: an alias of it counts as one value"
)]
pub trait Show {
    /// Writes the value.
    fn show(&self, sink: &mut Sink<'_>);

    /// Reports whether the value is trusted Markdown that may have several blocks if it is alone on its line.
    fn is_blocks(&self) -> bool {
        false
    }

    /// Wraps one value; used by generated code. As a function of the trait, it lets rustc point at the field's type.
    #[doc(hidden)]
    fn one(value: &Self) -> Value<'_>
    where
        Self: Sized,
    {
        Value::One(value)
    }

    /// Wraps the values of a list; used by generated code.
    #[doc(hidden)]
    fn several(values: &[Self]) -> Several<'_, Self>
    where
        Self: Sized,
    {
        Several { values, show: |value| value }
    }
}

/// Values of a list, for each of which a `line` is written. That they can be shown is asked where it is made.
#[doc(hidden)]
#[derive(Debug)]
pub struct Several<'a, T> {
    values: &'a [T],
    show: fn(&T) -> &dyn Show,
}

impl<T> Each for Several<'_, T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for value in self.values {
            visit((self.show)(value));
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> Show for T {
    fn show(&self, sink: &mut Sink<'_>) {
        // A `Display` writes the whole value, so the text after the slot is its neighbour.
        let after = sink.after;
        let mut writer = ValueWriter::new(sink, after);
        // If `Display` fails, the text written so far stays.
        let _ = write!(writer, "{self}");
        writer.finish();
    }
}

/// Destination of a value. It knows the position in the message, and escapes for it.
#[derive(Debug)]
pub struct Sink<'a> {
    pub(crate) out: &'a mut String,
    /// Start of the value in `out`.
    pub(crate) start: usize,
    pub(crate) spare: &'a mut String,
    pub(crate) context: SlotContext,
    pub(crate) before: char,
    pub(crate) after: char,
    /// True if the slot is alone on its line; trusted Markdown may then have several blocks.
    pub(crate) alone: bool,
}

impl Sink<'_> {
    /// Writes text, escaped. A value may call this several times.
    pub fn text(&mut self, value: &dyn fmt::Display) {
        let mut writer = ValueWriter::new(self, '\0');
        let _ = write!(writer, "{value}");
        writer.finish();
    }

    /// Reports whether the value stands in a URL, which programs read, and not people.
    #[doc(hidden)]
    pub fn is_url(&self) -> bool {
        matches!(self.context, SlotContext::Url | SlotContext::LinkTarget)
    }

    /// Writes a word, such as a mention. A space separates it from the text before it if `joins_before` returns true
    /// for that text's last character, and from the text after it if `joins_after` does for its first one.
    #[doc(hidden)]
    pub fn word(
        &mut self,
        word: &dyn fmt::Display,
        joins_before: fn(char) -> bool,
        joins_after: fn(char) -> bool,
    ) {
        let in_text = !matches!(self.context, SlotContext::LinkTarget | SlotContext::Url);
        if in_text && self.out.chars().next_back().is_some_and(joins_before) {
            self.out.push(' ');
            self.start = self.out.len();
            self.before = ' ';
        }
        // The text of an adjacent slot is not known yet.
        let joins = in_text && (self.after == '\0' || joins_after(self.after));
        let mut writer = ValueWriter::new(self, if joins { ' ' } else { self.after });
        let _ = write!(writer, "{word}");
        writer.finish();
        if joins {
            self.out.push(' ');
        }
    }

    /// Writes trusted Markdown unchanged. If there is other text on the same line, line breaks become spaces.
    pub fn markdown(&mut self, markdown: &str) {
        match self.context {
            SlotContext::Plain | SlotContext::PlainBlock | SlotContext::LinkTarget | SlotContext::Url => {
                self.text(&markdown);
            }
            SlotContext::Markdown | SlotContext::MarkdownBlock | SlotContext::LinkText if self.alone => {
                self.out.push_str(markdown.trim_matches('\n'));
            }
            SlotContext::Markdown | SlotContext::MarkdownBlock | SlotContext::LinkText => {
                // White space at the outer ends may separate this from the value's next text.
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

/// Any number of values, for each of which a `line` is written.
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

/// A value for [`render`](crate::render()).
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// One value.
    One(&'a dyn Show),
    /// Any number of values, each on its own line.
    Each(&'a dyn Each),
    /// A flag: its line is written if it is set.
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
