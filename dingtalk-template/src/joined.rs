//! Values of a list and of an `Option` within other text.

use std::fmt;

use crate::{
    escape::{Context, push_escaped},
    show::{Each, Show, Sink},
    table::SlotContext,
};

/// The values of a list, written one after another.
///
/// Each is escaped as a single value is, with the text beside it as its neighbours. Values that show nothing are
/// omitted, with the text before them.
#[derive(Clone, Copy)]
pub struct Joined<'a> {
    /// The values.
    pub values: &'a dyn Each,
    /// Text between two values.
    pub join: &'a str,
    /// Text that is shown if no value is.
    pub or_else: &'a str,
}

impl Joined<'_> {
    /// Writes the first `most` values. Returns the number of values up to the last one that is shown.
    fn write(&self, most: usize, sink: &mut Sink<'_>) -> usize {
        let start = sink.out.len();
        let (mut at, mut shown) = (0, 0);
        self.values.each(&mut |value| {
            at += 1;
            if at > most {
                return;
            }
            let before_join = sink.out.len();
            if shown > 0 {
                push_text(self.join, sink);
            }
            let value_start = sink.out.len();
            let before = if shown > 0 { self.join.chars().next_back().unwrap_or('\0') } else { sink.before };
            let after = if at < most { self.join.chars().next().unwrap_or('\0') } else { sink.after };
            value.show(&mut Sink {
                out: sink.out,
                start: value_start,
                spare: sink.spare,
                context: in_line(sink.context),
                before,
                after,
                alone: false,
            });
            if sink.out.len() == value_start {
                sink.out.truncate(before_join);
            } else {
                shown = at;
            }
        });
        debug_assert!(shown > 0 || sink.out.len() == start, "nothing is shown");
        shown
    }
}

impl Show for Joined<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        let start = sink.out.len();
        let mut count = 0;
        self.values.each(&mut |_| count += 1);
        let mut shown = self.write(count, sink);
        if shown > 0 && shown < count {
            // The last values show nothing, so the text after the slot is the neighbour of an earlier one.
            sink.out.truncate(start);
            shown = self.write(shown, sink);
        }
        if shown == 0 {
            self.or_else.show(sink);
        }
    }
}

impl fmt::Debug for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joined").field("join", &self.join).finish_non_exhaustive()
    }
}

/// An optional value, or the text that is shown if there is none.
#[derive(Clone, Copy)]
pub struct OrElse<'a> {
    /// At most one value.
    pub value: &'a dyn Each,
    /// Text that is shown if the value is not.
    pub or_else: &'a str,
}

impl Show for OrElse<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        let start = sink.out.len();
        self.value.each(&mut |value| value.show(sink));
        if sink.out.len() == start {
            self.or_else.show(sink);
        }
    }

    fn is_blocks(&self) -> bool {
        let mut is_blocks = false;
        self.value.each(&mut |value| is_blocks = value.is_blocks());
        is_blocks
    }
}

impl fmt::Debug for OrElse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrElse").field("or_else", &self.or_else).finish_non_exhaustive()
    }
}

/// Returns the position of a value that shares its line.
fn in_line(context: SlotContext) -> SlotContext {
    match context {
        SlotContext::PlainBlock => SlotContext::Plain,
        SlotContext::MarkdownBlock => SlotContext::Markdown,
        other => other,
    }
}

/// Writes the text between two values: one line, whose white space at the ends counts.
fn push_text(text: &str, sink: &mut Sink<'_>) {
    let in_link = match sink.context {
        SlotContext::Markdown | SlotContext::MarkdownBlock => false,
        SlotContext::LinkText => true,
        SlotContext::Plain | SlotContext::PlainBlock | SlotContext::LinkTarget | SlotContext::Url => {
            sink.out.push_str(text);
            return;
        }
    };
    let before = sink.out.chars().next_back().unwrap_or(sink.before);
    let start = sink.out.len();
    // The next value is not known yet.
    if !push_escaped(sink.out, text, 0, &Context { in_link, before, after: '\0' }) {
        sink.out.truncate(start);
    }
}
