//! The representation of a compiled template: one string, in which control characters mark everything that is not text.
//!
//! A single literal is the cheapest constant for the compiler of a program that declares hundreds of notifications. It
//! is walked without being decoded first. The text of a template has no control characters.

use std::borrow::Cow;

use crate::bytes::{begins_piece, find_row};

/// The language of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Plain text, without escaping.
    Text,
    /// The Markdown that DingTalk renders.
    Markdown,
    /// A title: one line of plain text.
    Title,
}

/// A compiled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Cow<'static, str>);

/// One line of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'a> {
    /// An empty line: the next one starts a new block.
    Blank,
    /// A line of text and slots, written once.
    Line(Line<'a>),
    /// The line of one field, written once per value.
    Repeated {
        /// The value's index.
        value: u16,
        /// The line for each value.
        line: Line<'a>,
    },
}

/// A line: its block marker and its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Kind of the block that the line belongs to.
    pub kind: LineKind,
    /// Block marker, for example `### ` or `- `.
    pub marker: &'a str,
    pieces: &'a str,
}

/// Kind of the block that a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Plain text, or a paragraph.
    Paragraph,
    /// `# …` to `###### …`
    Heading,
    /// `> …`
    Quote,
    /// `- …`
    Bullet,
    /// `1. …`
    Ordered,
    /// A single slot: a trusted value may have several blocks.
    Alone,
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text, written unchanged.
    Text(&'a str),
    /// A value.
    Slot {
        /// The value's index.
        value: u16,
        /// Position of the slot.
        context: SlotContext,
        /// The character before it: `\n` at the beginning of the line, `\0` after another slot.
        before: char,
        /// The character after it: `\n` at the end of the line, `\0` before another slot.
        after: char,
    },
    /// An opening emphasis mark around slots; dropped if the emphasis is empty.
    Open(&'a str),
    /// The mark that closes it.
    Close(&'a str),
    /// `[`, `![`: a link whose text has slots.
    LinkOpen(&'a str),
    /// `](`: the link's target follows.
    LinkTarget,
    /// `)`
    LinkClose,
    /// Start of a path segment that values alone could turn into `.` or `..`.
    SegmentStart,
    /// End of such a segment.
    SegmentEnd,
}

/// Position of a slot, which determines the escaping of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotContext {
    /// In plain text, with other text on the line: line breaks become spaces.
    Plain,
    /// In plain text, alone on its line: line breaks stay.
    PlainBlock,
    /// In Markdown text.
    Markdown,
    /// In Markdown, alone on its line: line breaks, blank lines and indentation stay.
    MarkdownBlock,
    /// In the text of a link.
    LinkText,
    /// The target of a link.
    LinkTarget,
    /// A part of a URL's path, query or fragment.
    Url,
}

// A row begins with one of the first three and ends where the next begins. `\0` and `\n` are neighbours of slots.
const BLANK: char = '\u{1}';
const LINE: char = '\u{2}';
const REPEATED: char = '\u{3}';
/// End of a marker or a mark.
const END: char = '\u{4}';
const SLOT: char = '\u{5}';
const OPEN: char = '\u{6}';
const CLOSE: char = '\u{7}';
const LINK_OPEN: char = '\u{e}';
const LINK_TARGET: char = '\u{f}';
const LINK_CLOSE: char = '\u{10}';
const SEGMENT_START: char = '\u{11}';
const SEGMENT_END: char = '\u{12}';

const SYNTAXES: [(char, Syntax); 3] = [('x', Syntax::Text), ('m', Syntax::Markdown), ('t', Syntax::Title)];
const KINDS: [(char, LineKind); 6] = [
    ('p', LineKind::Paragraph),
    ('h', LineKind::Heading),
    ('q', LineKind::Quote),
    ('b', LineKind::Bullet),
    ('o', LineKind::Ordered),
    ('a', LineKind::Alone),
];
const CONTEXTS: [(char, SlotContext); 7] = [
    ('p', SlotContext::Plain),
    ('b', SlotContext::PlainBlock),
    ('m', SlotContext::Markdown),
    ('l', SlotContext::MarkdownBlock),
    ('t', SlotContext::LinkText),
    ('u', SlotContext::LinkTarget),
    ('v', SlotContext::Url),
];

fn letter<T: PartialEq>(letters: &[(char, T)], wanted: &T) -> char {
    letters.iter().find(|(_, known)| known == wanted).map_or('?', |(letter, _)| *letter)
}

fn meaning<T: Copy>(letters: &[(char, T)], letter: Option<char>, otherwise: T) -> T {
    letters.iter().find(|(known, _)| Some(*known) == letter).map_or(otherwise, |(_, meaning)| *meaning)
}

impl Template {
    /// Creates the template that [`code`](Self::code) returned.
    pub const fn from_code(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// Returns the template as one string, for a constant of a program.
    pub fn code(&self) -> &str {
        &self.0
    }

    pub(crate) fn builder(syntax: Syntax) -> TemplateBuilder {
        TemplateBuilder(letter(&SYNTAXES, &syntax).into())
    }

    /// Returns the language of the template.
    pub fn syntax(&self) -> Syntax {
        meaning(&SYNTAXES, self.0.chars().next(), Syntax::Text)
    }

    /// Returns the rows from top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        Rows(self.0.get(1..).unwrap_or_default())
    }

    /// Returns the texts between the slots, in order.
    pub fn static_texts(&self) -> impl Iterator<Item = &str> {
        self.rows().filter_map(Row::line).flat_map(Line::pieces).filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        })
    }
}

struct Rows<'a>(&'a str);

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    // A row is taken apart where it is made, instead of being copied: 5 % of the time for a message.
    #[expect(clippy::inline_always, reason = "measured")]
    #[inline(always)]
    fn next(&mut self) -> Option<Row<'a>> {
        let mut rest = self.0.chars();
        let first = rest.next()?;
        let rest = rest.as_str();
        let end = find_row(rest).unwrap_or(rest.len());
        let (row, next) = rest.split_at(end);
        self.0 = next;
        Some(match first {
            LINE => Row::Line(Line::decode(row)),
            REPEATED => {
                let mut rest = row.chars();
                Row::Repeated { value: index(rest.next()), line: Line::decode(rest.as_str()) }
            }
            _ => Row::Blank,
        })
    }
}

impl<'a> Row<'a> {
    /// Returns the line, unless the row is empty.
    pub fn line(self) -> Option<Line<'a>> {
        match self {
            Self::Blank => None,
            Self::Line(line) | Self::Repeated { line, .. } => Some(line),
        }
    }
}

impl<'a> Line<'a> {
    #[expect(clippy::inline_always, reason = "measured, as above")]
    #[inline(always)]
    fn decode(code: &'a str) -> Self {
        let mut rest = code.chars();
        let kind = meaning(&KINDS, rest.next(), LineKind::Paragraph);
        let (marker, pieces) = split_end(rest.as_str());
        Self { kind, marker, pieces }
    }

    /// Returns the pieces of the line: text, slots and marks.
    pub fn pieces(self) -> Pieces<'a> {
        Pieces(self.pieces)
    }
}

/// The pieces of a line, in order.
#[derive(Debug, Clone)]
pub struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let code = self.0;
        let first = *code.as_bytes().first()?;
        if !begins_piece(first) {
            // A text between slots is short.
            let end = code.bytes().position(begins_piece).unwrap_or(code.len());
            let (text, rest) = code.split_at(end);
            self.0 = rest;
            return Some(Piece::Text(text));
        }
        let rest = &code[1..];
        let single = |piece| (piece, rest);
        let (piece, rest) = match char::from(first) {
            SLOT => slot(rest),
            LINK_TARGET => single(Piece::LinkTarget),
            LINK_CLOSE => single(Piece::LinkClose),
            SEGMENT_START => single(Piece::SegmentStart),
            SEGMENT_END => single(Piece::SegmentEnd),
            mark => {
                let (text, rest) = split_end(rest);
                let piece = match mark {
                    OPEN => Piece::Open(text),
                    CLOSE => Piece::Close(text),
                    _ => Piece::LinkOpen(text),
                };
                (piece, rest)
            }
        };
        self.0 = rest;
        Some(piece)
    }
}

/// Splits the code at the next [`END`]. The end is near, so looking at each byte is cheaper than a search.
fn split_end(code: &str) -> (&str, &str) {
    match code.bytes().position(|byte| char::from(byte) == END) {
        Some(end) => (&code[..end], &code[end + 1..]),
        None => ("", ""),
    }
}

#[inline]
fn slot(code: &str) -> (Piece<'_>, &str) {
    let mut rest = code.chars();
    let context = meaning(&CONTEXTS, rest.next(), SlotContext::Plain);
    let before = rest.next().unwrap_or('\n');
    let after = rest.next().unwrap_or('\n');
    let value = index(rest.next());
    (Piece::Slot { value, context, before, after }, rest.as_str())
}

/// Character of index 0. Indices are encoded as characters, after the control characters and around the surrogates.
const FIRST_INDEX: u32 = 0x20;
const SURROGATES: std::ops::Range<u32> = 0xd800..0xe000;

fn index_code(index: u16) -> char {
    let code = u32::from(index) + FIRST_INDEX;
    let behind = if code < SURROGATES.start { 0 } else { SURROGATES.end - SURROGATES.start };
    char::from_u32(code + behind).unwrap_or(char::MAX)
}

fn index(code: Option<char>) -> u16 {
    let code = u32::from(code.unwrap_or(char::MAX));
    let behind = if code < SURROGATES.start { 0 } else { SURROGATES.end - SURROGATES.start };
    u16::try_from(code.saturating_sub(behind + FIRST_INDEX)).unwrap_or(u16::MAX)
}

/// A template under construction.
pub(crate) struct TemplateBuilder(String);

/// The encoded line that [`Line`] decodes, complete or under construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCode(String);

impl TemplateBuilder {
    pub(crate) fn blank(&mut self) {
        self.0.push(BLANK);
    }

    pub(crate) fn line(&mut self, line: &LineCode) {
        self.0.push(LINE);
        self.0.push_str(&line.0);
    }

    pub(crate) fn repeated(&mut self, value: u16, line: &LineCode) {
        self.0.push_str(&format!("{REPEATED}{}{}", index_code(value), line.0));
    }

    pub(crate) fn build(self) -> Template {
        Template(Cow::Owned(self.0))
    }
}

impl LineCode {
    /// Reports whether a slot is in the path, the query or the fragment of a URL.
    pub(crate) fn shows_in_url(&self) -> bool {
        let in_url = |piece| matches!(piece, Piece::Slot { context: SlotContext::Url, .. });
        Line::decode(&self.0).pieces().any(in_url)
    }

    pub(crate) fn new(kind: LineKind, marker: &str) -> Self {
        Self(format!("{}{marker}{END}", letter(&KINDS, &kind)))
    }

    pub(crate) fn text(&mut self, c: char) {
        self.0.push(c);
    }

    pub(crate) fn push(&mut self, piece: Piece<'_>) {
        let code = &mut self.0;
        match piece {
            Piece::Text(text) => code.push_str(text),
            Piece::Slot { value, context, before, after } => {
                let (context, value) = (letter(&CONTEXTS, &context), index_code(value));
                code.push_str(&format!("{SLOT}{context}{before}{after}{value}"));
            }
            Piece::Open(mark) => code.push_str(&format!("{OPEN}{mark}{END}")),
            Piece::Close(mark) => code.push_str(&format!("{CLOSE}{mark}{END}")),
            Piece::LinkOpen(mark) => code.push_str(&format!("{LINK_OPEN}{mark}{END}")),
            Piece::LinkTarget => code.push(LINK_TARGET),
            Piece::LinkClose => code.push(LINK_CLOSE),
            Piece::SegmentStart => code.push(SEGMENT_START),
            Piece::SegmentEnd => code.push(SEGMENT_END),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::begins_row;

    #[test]
    fn every_index_survives_encoding() {
        for value in 0..=u16::MAX {
            let code = index_code(value);
            assert!(!code.is_ascii_control() || code == '\u{7f}', "{value}");
            assert_eq!(index(Some(code)), value);
        }
    }

    #[test]
    fn the_byte_sets_match_the_characters() {
        let rows = [BLANK, LINE, REPEATED];
        let pieces = [SLOT, OPEN, CLOSE, LINK_OPEN, LINK_TARGET, LINK_CLOSE, SEGMENT_START, SEGMENT_END];
        for byte in 0..=u8::MAX {
            assert_eq!(begins_row(byte), rows.contains(&char::from(byte)), "{byte}");
            assert_eq!(begins_piece(byte), pieces.contains(&char::from(byte)), "{byte}");
        }
    }

    #[test]
    fn a_built_template_is_decoded_unchanged() {
        let slot = Piece::Slot { value: 300, context: SlotContext::LinkText, before: '\n', after: '\0' };
        let pieces = [
            Piece::Text("主机 \t"),
            Piece::Open("**"),
            slot,
            Piece::Close("**"),
            Piece::LinkOpen("!["),
            Piece::LinkTarget,
            Piece::Slot { value: 0, context: SlotContext::PlainBlock, before: '中', after: '0' },
            Piece::LinkClose,
            Piece::SegmentStart,
            Piece::Slot { value: 1, context: SlotContext::Url, before: '\n', after: '\n' },
            Piece::SegmentEnd,
            Piece::Text("1"),
        ];
        let mut line = LineCode::new(LineKind::Heading, "### ");
        for piece in pieces {
            line.push(piece);
        }
        let mut builder = Template::builder(Syntax::Markdown);
        builder.line(&line);
        builder.blank();
        builder.repeated(7, &LineCode::new(LineKind::Alone, ""));
        let template = builder.build();
        assert_eq!(template.syntax(), Syntax::Markdown);
        let rows: Vec<Row<'_>> = template.rows().collect();
        let [Row::Line(first), Row::Blank, Row::Repeated { value: 7, line: last }] = rows[..] else {
            panic!("{rows:?}")
        };
        assert_eq!((first.kind, first.marker), (LineKind::Heading, "### "));
        assert_eq!(first.pieces().collect::<Vec<_>>(), pieces);
        assert_eq!((last.kind, last.marker, last.pieces().count()), (LineKind::Alone, "", 0));
    }
}
