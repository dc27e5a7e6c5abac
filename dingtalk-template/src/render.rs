//! Rendering of a compiled template with its values.

use std::{cell::RefCell, fmt::Write as _};

use crate::{
    block::{protect_heading_end, protect_start},
    edges::Edges,
    escape::{Context, push_escaped},
    show::{Show, Sink, Value},
    table::{Line, LineKind, Piece, Pieces, Row, SlotContext, Syntax, Template},
    url::keep_segment,
    value::{trim_end, write_line},
};

/// Maximum size of the memory that a thread keeps, in bytes. Longer texts, which DingTalk refuses, are rendered too,
/// but their memory is freed.
const KEPT_BYTES: usize = 64 * 1024;

/// Maximum number of a list item. CommonMark does not begin a list with a longer number.
const MAX_NUMBER: u32 = 999_999_999;

/// Reusable memory for rendering.
struct Scratch {
    /// The text. It is copied once, at its exact size, because the length of a value is not known in advance.
    out: String,
    /// One value while it is escaped.
    spare: String,
}

impl Scratch {
    const EMPTY: Self = Self { out: String::new(), spare: String::new() };

    fn render(&mut self, template: &Template, values: &[Value<'_>]) -> String {
        self.out.clear();
        let mut writer = Writer {
            out: &mut self.out,
            spare: &mut self.spare,
            syntax: template.syntax(),
            values,
            last: None,
            blank: false,
            written: 0,
        };
        writer.rows(template);
        let text = self.out.as_str().to_owned();
        if self.out.capacity() + self.spare.capacity() > KEPT_BYTES {
            *self = Self::EMPTY;
        }
        text
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::EMPTY) };
}

/// Renders the text of a template. The slots index `values`; a slot without a value renders as nothing.
///
/// Once a thread has rendered a text of this length, the returned text is the only allocation.
pub fn render(template: &Template, values: &[Value<'_>]) -> String {
    let kept = SCRATCH.try_with(|scratch| Some(scratch.try_borrow_mut().ok()?.render(template, values)));
    // The memory is in use if a value renders a template itself, and gone while the thread ends.
    kept.ok().flatten().unwrap_or_else(|| {
        let mut scratch = Scratch::EMPTY;
        scratch.render(template, values)
    })
}

struct Writer<'a, 'v> {
    out: &'a mut String,
    spare: &'a mut String,
    syntax: Syntax,
    values: &'a [Value<'v>],
    last: Option<LineKind>,
    blank: bool,
    /// Number of lines that the row has written, one per value.
    written: u32,
}

impl Writer<'_, '_> {
    fn rows(&mut self, template: &Template) {
        for row in template.rows() {
            self.written = 0;
            match row {
                Row::Blank => self.blank = true,
                Row::Line(line) => self.line(line, None),
                Row::Repeated { value, line } => match self.values.get(usize::from(value)) {
                    Some(Value::One(one)) => self.line(line, Some(*one)),
                    Some(Value::Each(each)) => each.each(&mut |one| self.line(line, Some(one))),
                    Some(Value::Flag(true)) => self.line(line, None),
                    Some(Value::Flag(false)) | None => {}
                },
            }
        }
    }

    /// Writes one line. In a repeated line, `each` is the value that its slot shows.
    fn line(&mut self, line: Line<'_>, each: Option<&dyn Show>) {
        let start = self.out.len();
        let kind = if line.kind == LineKind::Alone { self.kind_alone(line, each) } else { line.kind };
        self.separate(kind);
        if kind == LineKind::Ordered {
            self.number(line.marker);
        } else if !line.marker.is_empty() {
            self.out.push_str(line.marker);
        }
        let content = self.out.len();
        let mut pieces = LineWriter::new(self.out, self.spare, self.values, content, None);
        pieces.each = each;
        pieces.alone = kind == LineKind::Alone;
        pieces.write(&mut line.pieces(), None);
        let vanishes = each.is_some() && pieces.has_slots && !pieces.shown;
        trim_end(self.out, content);
        if vanishes || self.out.len() == content {
            self.out.truncate(start);
            return;
        }
        if self.syntax == Syntax::Markdown {
            match kind {
                LineKind::Heading => protect_heading_end(self.out, content),
                LineKind::Alone => {}
                _ => protect_start(self.out, content),
            }
        }
        self.last = Some(kind);
        self.blank = false;
        self.written += 1;
    }

    /// Writes `1. `, and `2. ` for the next value. CommonMark would number the items itself, but DingTalk does not
    /// document that it does, and the numbers should be visible in the source too.
    fn number(&mut self, marker: &str) {
        let (digits, rest) = marker.split_at(marker.bytes().take_while(u8::is_ascii_digit).count());
        match digits.parse::<u32>() {
            Ok(first) if self.written > 0 => {
                let number = first.saturating_add(self.written).min(MAX_NUMBER);
                let _ = write!(self.out, "{number}{rest}");
            }
            _ => self.out.push_str(marker),
        }
    }

    /// Returns the kind of a line with a single slot: a line of a paragraph, unless the value has blocks of its own.
    fn kind_alone(&self, line: Line<'_>, each: Option<&dyn Show>) -> LineKind {
        let Some(Piece::Slot { value, .. }) = line.pieces().next() else { return line.kind };
        let blocks = shown_value(value, self.values, each).is_some_and(Show::is_blocks);
        if blocks && self.syntax == Syntax::Markdown { LineKind::Alone } else { LineKind::Paragraph }
    }

    /// Writes the separator between the last line and one of this kind.
    fn separate(&mut self, kind: LineKind) {
        let Some(last) = self.last else { return };
        match (self.syntax, last, kind) {
            (Syntax::Title, ..) => self.out.push(' '),
            (Syntax::Text, ..)
            | (Syntax::Markdown, LineKind::Bullet, LineKind::Bullet)
            | (Syntax::Markdown, LineKind::Ordered, LineKind::Ordered)
                if !self.blank =>
            {
                self.out.push('\n');
            }
            (Syntax::Markdown, LineKind::Quote, LineKind::Quote) if !self.blank => self.out.push_str("  \n"),
            // DingTalk's pages require two spaces before and after the break.
            (Syntax::Markdown, LineKind::Paragraph, LineKind::Paragraph) if !self.blank => {
                self.out.push_str("  \n  ");
            }
            _ => self.out.push_str("\n\n"),
        }
    }
}

/// Writes the pieces of one line, or of a fragment in a slot.
pub(crate) struct LineWriter<'a, 'v> {
    out: &'a mut String,
    spare: &'a mut String,
    values: &'a [Value<'v>],
    each: Option<&'a dyn Show>,
    /// True if the slot is alone on its line, and its value may have several blocks.
    alone: bool,
    /// Start of the line's text in `out`.
    content: usize,
    has_slots: bool,
    /// True if a slot has shown a value.
    shown: bool,
    /// Edges of the fragment, if the pieces belong to one.
    edges: Option<Edges>,
}

impl<'a, 'v> LineWriter<'a, 'v> {
    pub(crate) fn new(
        out: &'a mut String,
        spare: &'a mut String,
        values: &'a [Value<'v>],
        content: usize,
        edges: Option<Edges>,
    ) -> Self {
        Self { out, spare, values, each: None, alone: false, content, has_slots: false, shown: false, edges }
    }

    /// Writes pieces to the end of the line, or to the one that closes the group whose text begins at `group`.
    pub(crate) fn write(&mut self, rest: &mut Pieces<'_>, group: Option<usize>) {
        while let Some(piece) = rest.next() {
            match piece {
                Piece::Text(text) => {
                    // An empty value must not leave a second space, or a space after an emphasis mark.
                    let at = self.out.len();
                    let skip = group == Some(at) || (self.has_slots && at == self.content);
                    self.out.push_str(if skip { text.trim_start() } else { text });
                }
                Piece::Slot { value, context, before, after } => self.slot(value, context, before, after),
                Piece::Open(mark) => self.emphasis(mark, rest),
                Piece::LinkOpen(bracket) => self.link(bracket, rest),
                Piece::SegmentStart => self.segment(rest, group),
                Piece::Close(_) | Piece::LinkTarget | Piece::LinkClose | Piece::SegmentEnd => return,
            }
        }
    }

    fn slot(&mut self, value: u16, context: SlotContext, before: char, after: char) {
        self.has_slots = true;
        let Some(value) = shown_value(value, self.values, self.each) else { return };
        let (before, after) = self.edges.map_or((before, after), |edges| edges.neighbours(before, after));
        let at = self.out.len();
        value.show(&mut Sink {
            start: at,
            out: self.out,
            spare: self.spare,
            context,
            before,
            after,
            alone: self.alone,
        });
        self.shown |= self.out.len() > at;
    }

    /// Writes emphasis, or nothing if its content is empty. Both marks are the same text.
    fn emphasis(&mut self, mark: &str, rest: &mut Pieces<'_>) {
        let start = self.out.len();
        let opens = start > self.content || self.edges.is_none_or(Edges::marks_open);
        self.out.push_str(mark);
        let inside = self.out.len();
        self.write(rest, Some(inside));
        trim_end(self.out, inside);
        let closes = rest.clone().next().is_some() || self.edges.is_none_or(Edges::marks_close);
        if self.out.len() == inside {
            self.out.truncate(start);
        } else if opens && closes {
            self.out.push_str(mark);
        } else {
            self.out.drain(start..inside);
        }
    }

    fn link(&mut self, bracket: &str, rest: &mut Pieces<'_>) {
        self.out.push_str(bracket);
        let text = self.out.len();
        self.write(rest, Some(text));
        trim_end(self.out, text);
        let without_text = self.out.len() == text;
        self.out.push_str("](");
        let target = self.out.len();
        self.write(rest, Some(text));
        if without_text {
            self.show_target(text, target);
        }
        self.out.push(')');
    }

    /// Writes a path segment. One that reads `.` or `..` would lead to another directory.
    fn segment(&mut self, rest: &mut Pieces<'_>, group: Option<usize>) {
        let start = self.out.len();
        self.write(rest, group);
        keep_segment(self.out, start);
    }

    /// Shows the target of a link without text, which would be invisible.
    fn show_target(&mut self, text: usize, target: usize) {
        self.spare.clear();
        write_line(self.spare, &self.out[target..]);
        let end = self.out.len();
        push_escaped(self.out, self.spare, 0, &Context { in_link: true, before: '[', after: ']' });
        self.out.push_str("](");
        self.out.extend_from_within(target..end);
        self.out.drain(text..end);
    }
}

/// Returns the value that a slot shows: in a repeated line, the value for which the line is written.
fn shown_value<'a>(index: u16, values: &[Value<'a>], each: Option<&'a dyn Show>) -> Option<&'a dyn Show> {
    match (each, values.get(usize::from(index))) {
        (Some(one), _) => Some(one),
        (None, Some(Value::One(one))) => Some(*one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::{Resolved, compile};

    fn rendered(template: &str, values: &[Value<'_>]) -> String {
        let compiled =
            compile(template, Syntax::Markdown, &mut |name, _| Resolved::inline(u16::from(name == "b")));
        render(&compiled.unwrap(), values)
    }

    /// A value whose text is rendered from another template.
    struct Nested;

    impl fmt::Display for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&rendered("*{a}*", &[Value::One(&"inner")]))
        }
    }

    #[test]
    fn a_value_may_render_a_template() {
        let text = rendered("{a} and {b}", &[Value::One(&"outer"), Value::One(&Nested)]);
        assert_eq!(text, "outer and \\*inner\\*");
    }

    /// Trusted Markdown that begins with white space.
    struct Trusted;

    impl Show for Trusted {
        fn show(&self, sink: &mut Sink<'_>) {
            sink.markdown(" \n *x*");
        }
    }

    #[test]
    fn trusted_markdown_does_not_change_the_text_before_it() {
        let text = rendered("{a}\n{b} text", &[Value::One(&"one"), Value::One(&Trusted)]);
        assert_eq!(text, "one  \n   *x* text");
    }

    #[test]
    fn a_link_without_text_shows_its_target() {
        let text = rendered("[{a}]({b})", &[Value::One(&" "), Value::One(&"https://e.com/\u{202e}_x_")]);
        assert_eq!(text, "[https://e.com/\\_x\\_](https://e.com/\u{202e}_x_)");
    }
}
