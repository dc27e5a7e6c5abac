//! A message as a tree: what DingTalk draws, without a language to draw it in.

use std::collections::BTreeMap;

use dingtalk_core::{
    Message,
    message::{ActionCard, Buttons, FeedCard, FeedItem, Link, Mentions, WireMessage},
};

use super::{
    capability::{Client, Construct},
    markdown, mentions,
    mentions::Ids,
    preview::Preview,
};

/// Names of the members of a group, by mobile number or user id. DingTalk shows them in place of numbers and ids.
pub type Names = BTreeMap<String, String>;

/// A message as DingTalk draws it.
///
/// ```
/// use dingtalk_core::{Message, message::WireMessage};
/// use dingtalk_sandbox::render::{Block, Body, Drawing, Names};
///
/// let message = WireMessage::new(Message::markdown("Disk", "### Disk full\n\n- db-1"));
/// let drawing = Drawing::new(&message, &Names::new());
/// let Body::Markdown(blocks) = &drawing.body else { panic!("a markdown message has blocks") };
/// assert!(matches!(blocks[0], Block::Heading { level: 3, .. }));
/// assert_eq!(drawing.preview.text, "Disk");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drawing {
    /// `msgtype` of the message.
    pub kind: &'static str,
    /// The line in the conversation list.
    pub preview: Preview,
    /// The message is shown without the robot's avatar.
    pub hide_avatar: bool,
    /// The bubble or card.
    pub body: Body,
}

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

impl Drawing {
    /// Draws a message.
    #[must_use]
    pub fn new(wire: &WireMessage, names: &Names) -> Self {
        Self::of(&wire.message, names)
    }

    /// Draws a message that has no id.
    #[must_use]
    pub fn of(message: &Message, names: &Names) -> Self {
        let none = Mentions::default();
        let mentions = message.mentions().unwrap_or(&none);
        let ids = Ids::new(mentions, names);
        let body = match message {
            Message::Text(text) => Body::Text(mentions::plain(&text.content, &ids)),
            Message::Markdown(markdown) => Body::Markdown(markdown::blocks(&markdown.text, &ids)),
            Message::Link(link) => link_card(link),
            Message::ActionCard(card) => action_card(card, names),
            Message::FeedCard(card) => feed_card(card),
            _ => Body::Text(Vec::new()),
        };
        let hide_avatar = matches!(message, Message::ActionCard(card) if card.hide_avatar);
        Self { kind: message.kind(), preview: Preview::new(message, names), hide_avatar, body }
    }

    /// Returns the constructs of the body that not every client is known to draw, each once, in the order of the
    /// [table](Construct::ALL).
    #[must_use]
    pub fn constructs(&self) -> Vec<Construct> {
        let mut found = Vec::new();
        self.visit(&mut |construct| found.push(construct));
        Construct::ALL.iter().copied().filter(|construct| found.contains(construct)).collect()
    }

    /// Reports whether the clients draw this message alike.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        self.constructs().iter().all(|it| it.is_drawn(Client::Desktop) == it.is_drawn(Client::Phone))
    }

    fn visit(&self, found: &mut impl FnMut(Construct)) {
        match &self.body {
            Body::Markdown(blocks) | Body::ActionCard { blocks, .. } => visit_blocks(blocks, found),
            Body::Text(_) | Body::Link { .. } | Body::FeedCard(_) => {}
        }
    }
}

fn visit_blocks(blocks: &[Block], found: &mut impl FnMut(Construct)) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading { inlines, .. } => visit_inlines(inlines, found),
            Block::Quote(blocks) => visit_blocks(blocks, found),
            Block::List { items, .. } => items.iter().for_each(|item| visit_blocks(item, found)),
            Block::Raw { construct, .. } => found(*construct),
            Block::Code { .. } => found(Construct::CodeBlock),
            Block::Table { head, rows, .. } => {
                found(Construct::Table);
                head.iter().chain(rows.iter().flatten()).for_each(|cell| visit_inlines(cell, found));
            }
            Block::Rule { .. } => found(Construct::Rule),
        }
    }
}

fn visit_inlines(inlines: &[Inline], found: &mut impl FnMut(Construct)) {
    for inline in inlines {
        match inline {
            Inline::Strike(inlines) => {
                found(Construct::Strikethrough);
                visit_inlines(inlines, found);
            }
            Inline::Coloured { inlines, .. } => {
                found(Construct::FontColour);
                visit_inlines(inlines, found);
            }
            Inline::Code(_) => found(Construct::CodeSpan),
            Inline::Html(_) => found(Construct::Html),
            Inline::Strong(inlines) | Inline::Emphasis(inlines) | Inline::Link { inlines, .. } => {
                visit_inlines(inlines, found);
            }
            Inline::Text(_) | Inline::Break | Inline::Image(_) | Inline::Mention(_) => {}
        }
    }
}

fn link_card(link: &Link) -> Body {
    let picture = |url: &String| Picture { url: url.clone(), alt: String::new() };
    Body::Link {
        title: link.title.clone(),
        text: link.text.clone(),
        picture: link.picture.as_ref().map(picture),
        url: link.url.clone(),
    }
}

fn action_card(card: &ActionCard, names: &Names) -> Body {
    let ids = Ids::of_card(card, names);
    let mut blocks = markdown::blocks(&card.text, &ids);
    let cover = take_cover(&mut blocks);
    let buttons = card.buttons.as_slice();
    let arrangement = match &card.buttons {
        Buttons::Single(_) => Arrangement::Single,
        Buttons::Several(buttons) if card.horizontal && buttons.len() == 2 => Arrangement::Horizontal,
        _ => Arrangement::Vertical,
    };
    let buttons = buttons.iter().map(|it| CardButton { title: it.title.clone(), url: it.url.clone() });
    Body::ActionCard { cover, blocks, buttons: buttons.collect(), arrangement }
}

/// Takes the picture with which the text begins.
fn take_cover(blocks: &mut Vec<Block>) -> Option<Picture> {
    let Some(Block::Paragraph(inlines)) = blocks.first_mut() else { return None };
    if !matches!(inlines.first(), Some(Inline::Image(_))) {
        return None;
    }
    let Inline::Image(cover) = inlines.remove(0) else { return None };
    if matches!(inlines.first(), Some(Inline::Break)) {
        inlines.remove(0);
    }
    if inlines.is_empty() {
        blocks.remove(0);
    }
    Some(cover)
}

fn feed_card(card: &FeedCard) -> Body {
    let row = |item: &FeedItem| FeedRow {
        title: item.title.clone(),
        url: item.url.clone(),
        picture: Picture { url: item.picture.clone(), alt: String::new() },
    };
    Body::FeedCard(card.items.iter().map(row).collect())
}
