//! Nodes of a message as DingTalk draws it, without a language to draw it in.

use std::collections::BTreeMap;

use super::capability::Construct;

/// Names of the members of a group, by mobile number or user id. DingTalk shows them in place of numbers and ids.
pub type Names = BTreeMap<String, String>;

/// The bubble or card of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Plain text, with the line breaks that it has.
    Text(Vec<Inline>),
    /// Markdown.
    Markdown(Vec<Block>),
    /// A card that opens a page.
    Link {
        /// Title, one line.
        title: String,
        /// Text below the title.
        text: String,
        /// Picture beside the text.
        picture: Option<Picture>,
        /// Page that the card opens.
        url: String,
    },
    /// A card with buttons.
    ActionCard {
        /// A picture with which the text begins. It covers the top of the card.
        cover: Option<Picture>,
        /// The rest of the text.
        blocks: Vec<Block>,
        /// Buttons, from top to bottom or from left to right.
        buttons: Vec<CardButton>,
        /// Arrangement of the buttons.
        arrangement: Arrangement,
    },
    /// A list of pictures with titles; the first is large.
    FeedCard(Vec<FeedRow>),
}

/// Arrangement of the buttons of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arrangement {
    /// One button for the whole card (`singleTitle`): a line of text with a chevron.
    Single,
    /// One below the other.
    Vertical,
    /// Two halves.
    Horizontal,
}

/// A button of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardButton {
    /// Caption.
    pub title: String,
    /// Page that the button opens.
    pub url: String,
}

/// An item of a feed card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedRow {
    /// Title.
    pub title: String,
    /// Page that the item opens.
    pub url: String,
    /// Picture.
    pub picture: Picture,
}

/// A picture by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// Address, as the message has it: often a URL, or an id of uploaded media (`@…`).
    pub url: String,
    /// Text in place of the picture; may be empty.
    pub alt: String,
}

/// A block of Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A heading.
    Heading {
        /// From 1, the largest, to 6.
        level: u8,
        /// Text of the heading.
        inlines: Vec<Inline>,
    },
    /// A quote.
    Quote(Vec<Block>),
    /// A list.
    List {
        /// Number of the first item; `None` for bullets.
        start: Option<u64>,
        /// Items.
        items: Vec<Vec<Block>>,
    },
    /// Text in the quoted form in which it was written, because no client is known to draw it.
    Raw {
        /// The construct that is not drawn.
        construct: Construct,
        /// Its source.
        source: String,
    },
    /// Fenced code.
    Code {
        /// The code.
        text: String,
        /// Markdown of the block, for clients that do not draw it.
        source: String,
    },
    /// A table.
    Table {
        /// Cells of the head.
        head: Vec<Vec<Inline>>,
        /// Rows of cells.
        rows: Vec<Vec<Vec<Inline>>>,
        /// Markdown of the table, for clients that do not draw it.
        source: String,
    },
    /// A line across the bubble.
    Rule {
        /// Markdown of the line, for clients that do not draw it.
        source: String,
    },
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inline {
    /// Text.
    Text(String),
    /// A line break.
    Break,
    /// Bold text.
    Strong(Vec<Inline>),
    /// Italic text.
    Emphasis(Vec<Inline>),
    /// Text that is struck out.
    Strike(Vec<Inline>),
    /// Code in a line.
    Code(String),
    /// A tag of HTML, which is shown as text.
    Html(String),
    /// Text in a colour (`<font color=…>`).
    Coloured {
        /// A colour that CSS knows: `#` with 3 or 6 hexadecimal digits, or a name of letters.
        colour: String,
        /// The tag as it was written, for clients that do not draw it.
        tag: String,
        /// The text.
        inlines: Vec<Inline>,
    },
    /// A link.
    Link {
        /// Address, as the message has it.
        url: String,
        /// Its text.
        inlines: Vec<Inline>,
    },
    /// A picture.
    Image(Picture),
    /// A mention that notifies somebody.
    Mention(Mention),
}

/// A mention of a person or of everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mention {
    /// Mobile number or user id, as the message has it; `all` or `所有人` for everyone.
    pub id: String,
    /// Name of the member, if it is known.
    pub name: Option<String>,
}

impl Mention {
    /// Returns the text that DingTalk shows, without `@`. If the member's name is unknown, returns the id.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
