//! What a compiled template is: tables that can be written as constants and walked at run time.

use std::borrow::Cow;

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Plain text: nothing is escaped.
    Text,
    /// The Markdown that DingTalk renders.
    Markdown,
    /// A title: one line of plain text.
    Title,
}

/// A compiled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What it is written in.
    pub syntax: Syntax,
    /// Its rows from top to bottom.
    pub rows: Cow<'static, [Row]>,
}

impl Template {
    /// Its texts without the slots, one after the other.
    pub fn static_texts(&self) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .flat_map(|row| match row {
                Row::Blank => [].iter(),
                Row::Line(line) | Row::Repeated { line, .. } => line.pieces.iter(),
            })
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(&**text),
                _ => None,
            })
    }
}

/// One line of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An empty line: the next one starts a new block.
    Blank,
    /// A line of text and slots, written once.
    Line(Line),
    /// The line of one field: written once per value, and not at all where there is none.
    Repeated {
        /// The value's index.
        value: u16,
        /// What is written for each.
        line: Line,
    },
}

/// A line: its block marker and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The kind of block it belongs to.
    pub kind: LineKind,
    /// The block marker, for example `### ` or `- `.
    pub marker: Cow<'static, str>,
    /// Text and slots.
    pub pieces: Cow<'static, [Piece]>,
}

/// The kind of block that a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// A line of plain text, or of a paragraph.
    Paragraph,
    /// `# …` to `###### …`
    Heading,
    /// `> …`
    Quote,
    /// `- …`
    Bullet,
    /// `1. …`
    Ordered,
    /// One slot that stands alone: a trusted value may be several blocks.
    Alone,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, written as it is.
    Text(Cow<'static, str>),
    /// A value.
    Slot {
        /// The value's index.
        value: u16,
        /// Where it stands.
        place: Place,
        /// The character before it: `\n` at the line's beginning, `\0` where another value stands.
        before: char,
        /// The character after it, likewise.
        after: char,
    },
    /// An emphasis mark that opens around slots; dropped where nothing is inside.
    Open(Cow<'static, str>),
    /// The mark that closes it.
    Close(Cow<'static, str>),
    /// `[`, `![`: a link whose text has slots.
    LinkOpen(Cow<'static, str>),
    /// `](`: the link's target follows.
    LinkTarget,
    /// `)`
    LinkClose,
}

/// Where a slot stands, which decides how its value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In plain text, on a line with other text: line breaks become spaces.
    Plain,
    /// In plain text, alone on its line: line breaks stay.
    PlainBlock,
    /// In Markdown text.
    Markdown,
    /// In the text of a link.
    LinkText,
    /// The target of a link.
    LinkTarget,
}
