//! Writes one value: trimmed, on one line, and escaped for the place where it stands.

use std::fmt;

use crate::{
    bytes::{ENDS_TARGET, INVISIBLE, INVISIBLE_OR_ACTIVE, Set},
    escape::{Context, push_escaped},
    show::Sink,
    table::SlotContext,
};

/// Takes the text of a value from its `Display`.
///
/// Nearly every value comes in one piece, which is escaped on its way. Where there are several, they are collected first:
/// what a character means depends on what stands behind it.
pub(crate) struct ValueWriter<'s, 'a> {
    sink: &'s mut Sink<'a>,
    /// Where the value begins in the sink's `out`.
    start: usize,
    context: Context,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    /// One piece, which needed no change.
    AsIs,
    /// One piece, escaped. The sink's `spare` holds it as it came.
    Escaped,
    /// All as it came.
    Collected,
}

impl<'s, 'a> ValueWriter<'s, 'a> {
    pub(crate) fn new(sink: &'s mut Sink<'a>, after: char) -> Self {
        let start = sink.out.len();
        // What the slot has written before is the neighbour of what it writes next.
        let before = sink.out[sink.start..].chars().next_back().unwrap_or(sink.before);
        let context = Context { in_link: sink.context == SlotContext::LinkText, before, after };
        Self { sink, start, context, state: State::Nothing }
    }

    fn first(&mut self, piece: &str) -> State {
        let Sink { out, spare, context, .. } = &mut *self.sink;
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

    /// Call this after the last piece.
    pub(crate) fn finish(&mut self) {
        if self.state == State::Collected {
            self.change();
        }
    }

    /// Makes of what has been collected what may stand at this place.
    fn change(&mut self) {
        let Sink { out, spare, context, .. } = &mut *self.sink;
        let collected = &out[self.start..];
        if !has_outer_space(collected) && changing(*context).find(collected, 0).is_none() {
            return;
        }
        move_text(out, self.start, spare);
        match *context {
            SlotContext::PlainBlock => write_lines(out, spare),
            SlotContext::LinkTarget => write_target(out, spare),
            SlotContext::Plain => write_line(out, spare),
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

/// The bytes that may not stay as they are.
fn changing(context: SlotContext) -> &'static Set {
    match context {
        SlotContext::Markdown | SlotContext::LinkText => &INVISIBLE_OR_ACTIVE,
        SlotContext::Plain | SlotContext::PlainBlock => &INVISIBLE,
        SlotContext::LinkTarget => &ENDS_TARGET,
    }
}

/// Moves what stands in `out` from `start` on.
fn move_text(out: &mut String, start: usize, to: &mut String) {
    to.clear();
    to.push_str(&out[start..]);
    out.truncate(start);
}

fn has_outer_space(text: &str) -> bool {
    let space = |c: char| c.is_whitespace();
    text.chars().next().is_some_and(space) || text.chars().next_back().is_some_and(space)
}

/// Control characters and direction overrides carry no text; a reader could be deceived by them.
fn carries_text(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Does the character at this position stay where a text is made one line?
pub(crate) fn stays_in_line(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_none_or(|c| carries_text(c) && !is_line_break(c))
}

/// Trims, turns line breaks and tabs into spaces.
pub(crate) fn write_line(out: &mut String, value: &str) {
    let mut carriage_return = false;
    // What is left out must not leave white space at the ends: four spaces would begin a block of code.
    let text = value.trim_matches(|c: char| c.is_whitespace() || !carries_text(c));
    for c in text.chars() {
        if is_line_break(c) || c == '\t' {
            if !(c == '\n' && carriage_return) {
                out.push(' ');
            }
        } else if carries_text(c) {
            out.push(c);
        }
        carriage_return = c == '\r';
    }
}

/// Tabs and the first line's indentation are text here.
fn write_lines(out: &mut String, value: &str) {
    let text = value.trim_end().trim_start_matches(['\r', '\n']);
    out.extend(text.chars().filter(|c| carries_text(*c) || matches!(c, '\n' | '\t')));
}

fn write_target(out: &mut String, value: &str) {
    for c in value.trim().chars() {
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

/// Removes white space at the end, but not before `from`.
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

    /// What becomes of a value that comes in these pieces.
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
        /// Whatever the pieces, a value is the same text.
        #[test]
        fn pieces_make_no_difference(
            pieces in prop::collection::vec("[ a_*<>@&;!\\[\\]\\\\~主\n\r\t(]{0,6}", 0..5),
            context in prop::sample::select(vec![
                SlotContext::Plain, SlotContext::PlainBlock, SlotContext::Markdown, SlotContext::LinkText, SlotContext::LinkTarget,
            ]),
            neighbours in prop::sample::select(vec![('\n', '\n'), ('\0', '\0'), ('a', '('), (' ', ' ')]),
        ) {
            prop_assert_eq!(written(&pieces, context, neighbours), written(&[pieces.concat()], context, neighbours));
        }
    }

    #[test]
    fn a_value_fits_its_place() {
        let value = " a_b\r\n*c*\u{202e} (d)\t".to_owned();
        for (context, text) in [
            (SlotContext::Plain, "a_b *c* (d)"),
            (SlotContext::PlainBlock, " a_b\n*c* (d)"),
            (SlotContext::Markdown, "a_b \\*c\\* (d)"),
            (SlotContext::LinkTarget, "a_b%0D%0A*c*\u{202e}%20%28d%29"),
        ] {
            assert_eq!(written(std::slice::from_ref(&value), context, ('\n', '\n')), text, "{context:?}");
        }
    }
}
