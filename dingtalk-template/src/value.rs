//! Writing of one value: trimmed, on one line, and escaped for its position.

use std::fmt;

use crate::{
    bytes::{ENDS_TARGET, INVISIBLE, INVISIBLE_OR_ACTIVE, Set},
    escape::{Context, push_escaped, push_lines},
    normal::{Characters, carries_text, clean, is_marked},
    show::Sink,
    table::SlotContext,
    url::encode_value,
};

/// Receives the text of a value from its `Display`.
///
/// Nearly every value arrives in one piece, which is escaped at once. Several pieces are collected first, because the
/// meaning of a character depends on the text after it.
pub(crate) struct ValueWriter<'s, 'a> {
    sink: &'s mut Sink<'a>,
    /// Start of the value in the sink's `out`.
    start: usize,
    context: Context,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    /// One piece that needed no change.
    AsIs,
    /// One piece, escaped. The sink's `spare` has the original.
    Escaped,
    /// Several pieces, not changed yet.
    Collected,
}

impl<'s, 'a> ValueWriter<'s, 'a> {
    pub(crate) fn new(sink: &'s mut Sink<'a>, after: char) -> Self {
        let start = sink.out.len();
        // Text that the slot already wrote is the neighbour of its next text.
        let before = sink.out[sink.start..].chars().next_back().unwrap_or(sink.before);
        let context = Context { in_link: sink.context == SlotContext::LinkText, before, after };
        Self { sink, start, context, state: State::Nothing }
    }

    fn first(&mut self, piece: &str) -> State {
        let Sink { out, spare, context, .. } = &mut *self.sink;
        if *context == SlotContext::MarkdownBlock {
            // Spaces may change too.
            out.push_str(piece);
            return State::Collected;
        }
        let found = changing(*context).find(piece, 0);
        let outer_space = has_outer_space(piece);
        if found.is_none() && !outer_space {
            out.push_str(piece);
            return State::AsIs;
        }
        if let (SlotContext::Markdown | SlotContext::LinkText, Some(found), false) =
            (*context, found, outer_space)
        {
            if push_escaped(out, piece, found, &self.context) {
                spare.clear();
                spare.push_str(piece);
                return State::Escaped;
            }
            out.truncate(self.start);
        }
        out.push_str(piece);
        State::Collected
    }

    /// Finishes the value after its last piece.
    pub(crate) fn finish(&mut self) {
        if self.state == State::Collected {
            self.change();
        }
    }

    /// Escapes the collected text for this position.
    fn change(&mut self) {
        let Sink { out, spare, context, .. } = &mut *self.sink;
        let collected = &out[self.start..];
        let is_block = *context == SlotContext::MarkdownBlock;
        if !is_block && !has_outer_space(collected) && changing(*context).find(collected, 0).is_none() {
            return;
        }
        move_text(out, self.start, spare);
        match *context {
            SlotContext::PlainBlock => write_lines(out, spare),
            SlotContext::LinkTarget => write_target(out, spare),
            // Each piece is encoded when it arrives.
            SlotContext::Url => {}
            SlotContext::Plain => write_line(out, spare),
            SlotContext::MarkdownBlock => push_lines(out, &clean(spare), &self.context),
            SlotContext::Markdown | SlotContext::LinkText => {
                write_line(out, spare);
                move_text(out, self.start, spare);
                push_escaped(out, spare, 0, &self.context);
            }
        }
    }
}

impl fmt::Write for ValueWriter<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.sink.context == SlotContext::Url {
            encode_value(self.sink.out, piece);
            return Ok(());
        }
        if self.state == State::Nothing {
            self.state = self.first(piece);
            return Ok(());
        }
        if self.state == State::Escaped {
            self.sink.out.truncate(self.start);
            self.sink.out.push_str(self.sink.spare);
        }
        self.sink.out.push_str(piece);
        self.state = State::Collected;
        Ok(())
    }
}

/// Bytes that may need a change.
fn changing(context: SlotContext) -> &'static Set {
    match context {
        SlotContext::Markdown | SlotContext::MarkdownBlock | SlotContext::LinkText => &INVISIBLE_OR_ACTIVE,
        SlotContext::Plain | SlotContext::PlainBlock => &INVISIBLE,
        SlotContext::LinkTarget | SlotContext::Url => &ENDS_TARGET,
    }
}

/// Moves the text of `out` from `start` on.
fn move_text(out: &mut String, start: usize, to: &mut String) {
    to.clear();
    to.push_str(&out[start..]);
    out.truncate(start);
}

fn has_outer_space(text: &str) -> bool {
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return false;
    }
    let space = |c: char| c.is_whitespace();
    is_marked(text) || text.chars().next().is_some_and(space) || text.chars().next_back().is_some_and(space)
}

/// Writes a value on one line: trimmed, with spaces for line breaks and tabs.
pub(crate) fn write_line(out: &mut String, value: &str) {
    let start = out.len();
    // A dropped character must not leave white space at the ends: four spaces would begin a code block.
    let text = Characters::of(value).skip_while(|c| c.is_whitespace() || !carries_text(*c));
    for c in text {
        if matches!(c, '\n' | '\t') {
            out.push(' ');
        } else if carries_text(c) {
            out.push(c);
        }
    }
    trim_end(out, start);
}

/// Writes a value of several lines. Tabs and the indentation of the first line count as text.
fn write_lines(out: &mut String, value: &str) {
    let start = out.len();
    let text = Characters::of(value).skip_while(|c| *c == '\n');
    out.extend(text.filter(|c| carries_text(*c) || matches!(c, '\n' | '\t')));
    trim_end(out, start);
}

fn write_target(out: &mut String, value: &str) {
    let text = Characters::of(value).skip_while(|c| c.is_whitespace());
    let last = text.clone().enumerate().filter(|(_, c)| !c.is_whitespace()).last();
    for c in text.take(last.map_or(0, |(at, _)| at + 1)) {
        if c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>' | '\\' | '`') {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
                out.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
            }
        } else {
            out.push(c);
        }
    }
}

/// Removes white space at the end of `out`, but not before `from`.
#[inline]
pub(crate) fn trim_end(out: &mut String, from: usize) {
    if out.as_bytes()[from..].last().is_some_and(u8::is_ascii_graphic) {
        return;
    }
    let keep = out[from..].trim_end().len();
    out.truncate(from + keep);
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// Renders a value that arrives in these pieces.
    fn written(pieces: &[String], context: SlotContext, (before, after): (char, char)) -> String {
        let (mut out, mut spare) = ("text ".to_owned(), "left over".to_owned());
        let start = out.len();
        let mut sink = Sink { start, out: &mut out, spare: &mut spare, context, before, after, alone: false };
        let mut writer = ValueWriter::new(&mut sink, after);
        for piece in pieces {
            writer.write_str(piece).unwrap();
        }
        writer.finish();
        out.split_off(start)
    }

    proptest! {
        /// A value renders as the same text however it is split into pieces.
        #[test]
        fn pieces_make_no_difference(
            pieces in prop::collection::vec("[ a_*<>@&;!\\[\\]\\\\~主\n\r\t(]{0,6}", 0..5),
            context in prop::sample::select(vec![
                SlotContext::Plain, SlotContext::PlainBlock, SlotContext::Markdown, SlotContext::LinkText, SlotContext::LinkTarget,
                SlotContext::Url,
            ]),
            neighbours in prop::sample::select(vec![('\n', '\n'), ('\0', '\0'), ('a', '('), (' ', ' ')]),
        ) {
            prop_assert_eq!(written(&pieces, context, neighbours), written(&[pieces.concat()], context, neighbours));
        }
    }

    #[test]
    fn a_value_is_escaped_for_its_position() {
        let value = "\u{feff} a_b\r\n*\u{1b}[1mc\u{1b}[0m*\u{202e} (d)\t".to_owned();
        for (context, text) in [
            (SlotContext::Plain, "a_b *c* (d)"),
            (SlotContext::PlainBlock, " a_b\n*c* (d)"),
            (SlotContext::Markdown, "a_b \\*c\\* (d)"),
            (SlotContext::LinkTarget, "a_b%0A*c*\u{202e}%20%28d%29"),
            (SlotContext::Url, "%EF%BB%BF%20a_b%0D%0A%2A%1B%5B1mc%1B%5B0m%2A%E2%80%AE%20%28d%29%09"),
        ] {
            assert_eq!(written(std::slice::from_ref(&value), context, ('\n', '\n')), text, "{context:?}");
        }
    }
}
