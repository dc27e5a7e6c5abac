//! A message as a tree: what DingTalk draws.

use dingtalk_core::{
    Message,
    message::{ActionCard, Buttons, FeedCard, FeedItem, Link, Mentions, WireMessage},
};

use super::{
    capability::{Client, Construct},
    markdown,
    mentions::{self, Ids},
    preview::Preview,
    tree::{Arrangement, Block, Body, CardButton, FeedRow, Inline, Names, Picture},
};

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
