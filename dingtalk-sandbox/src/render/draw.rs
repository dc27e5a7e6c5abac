//! Elements of a drawing, for one client.

use super::{
    address,
    capability::{Client, Construct},
    drawing::Drawing,
    element::Element,
    preview::Mark,
    tree::{Arrangement, Block, Body, CardButton, FeedRow, Inline, Picture},
    words::Language,
};

/// A way to draw messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// The client.
    pub client: Client,
    /// Language of what is not part of a message, such as the text in place of a picture.
    pub language: Language,
    /// Loads pictures. Otherwise, their hosts stand in their places.
    pub pictures: bool,
    /// Level of headings in messages, for screen readers.
    pub heading: u8,
}

impl Look {
    /// Creates a look without pictures.
    #[must_use]
    pub fn new(client: Client, language: Language) -> Self {
        Self { client, language, pictures: false, heading: 3 }
    }
}

/// Avatar of a robot.
const ROBOT: [&str; 7] =
    ["M5 9h14v10H5z", "M12 9V5", "M10.5 4h3", "M9 13.2v.6", "M15 13.2v.6", "M2.5 12.5v3", "M21.5 12.5v3"];

impl Drawing {
    /// Returns the bubble or card.
    #[must_use]
    pub fn bubble(&self, look: Look) -> Element {
        let pen = Pen { look };
        match &self.body {
            Body::Text(inlines) => {
                let text = Element::of("div", "dt-text").with("dir", "auto");
                Element::of("div", "dt-bubble dt-fit").child(pen.inlines(text, inlines))
            }
            Body::Markdown(blocks) => {
                Element::of("div", "dt-bubble").child(pen.blocks(Element::of("div", "dt-md"), blocks))
            }
            Body::Link { title, text, picture, url } => {
                let mut row = Element::of("span", "dt-link-row")
                    .child(Element::of("span", "dt-link-text").with("dir", "auto").text(text));
                if let Some(picture) = picture {
                    row = row.child(pen.picture(picture, "dt-thumb"));
                }
                let title = Element::of("span", "dt-link-title").with("dir", "auto").text(title);
                let card = link(url, "dt-whole dt-link").child(title).child(row);
                Element::of("div", "dt-bubble").child(card)
            }
            Body::ActionCard { cover, blocks, buttons, arrangement } => {
                let mut card = Element::of("div", "dt-bubble");
                if let Some(cover) = cover {
                    card = card.child(pen.picture(cover, "dt-cover"));
                }
                if !blocks.is_empty() {
                    card = card.child(pen.blocks(Element::of("div", "dt-md"), blocks));
                }
                card.child(button_rows(buttons, *arrangement))
            }
            Body::FeedCard(rows) => {
                let rows = rows.iter().enumerate().map(|(at, row)| pen.feed_row(row, at == 0));
                Element::of("div", "dt-bubble dt-feed").children(rows)
            }
        }
    }

    /// Returns the message as it stands in the chat: the robot's avatar, name and tag, and the bubble.
    #[must_use]
    pub fn post(&self, robot: &str, look: Look) -> Element {
        self.post_at(robot, look, None)
    }

    /// Returns the same with its time, which stands after the tag.
    pub(crate) fn post_at(&self, robot: &str, look: Look, time: Option<Element>) -> Element {
        let tag = look.language.say(["robot", "机器人"]);
        let who = Element::of("div", "dt-who")
            .child(Element::of("bdi", "dt-name").text(robot))
            .child(Element::of("span", "dt-tag").text(tag))
            .children(time);
        let column = Element::of("div", "dt-column").child(who).child(self.bubble(look));
        let post = Element::of("div", "dt-post");
        if self.hide_avatar { post.child(column) } else { post.child(avatar(robot)).child(column) }
    }

    /// Returns what `draw` makes for a client: once if the clients draw this message alike, else for each, of which the
    /// page shows one.
    pub(crate) fn on_clients(&self, draw: impl Fn(Client) -> Element) -> Element {
        let drawn = Element::of("div", "drawn");
        if self.is_alike() {
            return drawn.child(draw(Client::Desktop));
        }
        drawn.children(
            Client::ALL
                .map(|client| Element::of("div", format!("only-{}", client.name())).child(draw(client))),
        )
    }

    /// Returns the message as it stands in the conversation list.
    #[must_use]
    pub fn list_row(&self, group: &str, robot: &str, time: Element) -> Element {
        let mut line = Element::of("div", "dt-list-line");
        if let Some(mark) = self.preview.mark {
            line = line.child(Element::of("span", "dt-list-mark").text(mark.chinese())).text(" ");
        }
        let line =
            line.child(Element::of("bdi", "dt-list-text").text(format!("{robot}: {}", self.preview.text)));
        let head = Element::of("div", "dt-list-head")
            .child(Element::of("bdi", "dt-list-name").text(group))
            .child(time);
        let column = Element::of("div", "dt-list-column").child(head).child(line);
        Element::of("div", "dt-list-row").child(avatar(robot)).child(column)
    }

    /// Reports whether the mark of the conversation list is for everyone.
    #[must_use]
    pub fn is_for_everyone(&self) -> bool {
        self.preview.mark == Some(Mark::Everyone)
    }
}

/// Returns the avatar of a robot, in one of six colours.
pub(crate) fn avatar(robot: &str) -> Element {
    let hue = robot.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 6;
    let picture = icon(&ROBOT);
    Element::of("span", format!("dt-avatar dt-hue{hue}")).with("aria-hidden", "true").child(picture)
}

/// Returns a picture made of strokes.
pub(crate) fn icon(paths: &[&str]) -> Element {
    let svg = Element::new("svg").with("viewBox", "0 0 24 24").with("aria-hidden", "true");
    svg.children(paths.iter().map(|path| Element::new("path").with("d", *path)))
}

struct Pen {
    look: Look,
}

impl Pen {
    fn draws(&self, construct: Construct) -> bool {
        construct.is_drawn(self.look.client)
    }

    fn blocks(&self, parent: Element, blocks: &[Block]) -> Element {
        parent.children(blocks.iter().map(|block| self.block(block)))
    }

    fn block(&self, block: &Block) -> Element {
        match block {
            Block::Paragraph(inlines) => self.inlines(Element::new("p").with("dir", "auto"), inlines),
            Block::Heading { level, inlines } => {
                let tag = ["h1", "h2", "h3", "h4", "h5", "h6"][usize::from(level.saturating_sub(1)).min(5)];
                let level = self.look.heading.to_string();
                self.inlines(Element::new(tag).with("aria-level", level).with("dir", "auto"), inlines)
            }
            Block::Quote(blocks) => self.blocks(Element::new("blockquote"), blocks),
            Block::List { start, items } => {
                let list = match start {
                    None => Element::new("ul"),
                    Some(1) => Element::new("ol"),
                    Some(start) => Element::new("ol").with("start", start.to_string()),
                };
                list.children(items.iter().map(|item| self.item(item)))
            }
            Block::Raw { source, .. } => raw(source),
            Block::Code { text, source } => {
                if self.draws(Construct::CodeBlock) {
                    Element::of("pre", "dt-code").with("tabindex", "0").text(text)
                } else {
                    raw(source)
                }
            }
            Block::Table { head, rows, source } => {
                if self.draws(Construct::Table) {
                    self.table(head, rows)
                } else {
                    raw(source)
                }
            }
            Block::Rule { source } => {
                if self.draws(Construct::Rule) {
                    Element::new("hr")
                } else {
                    raw(source)
                }
            }
        }
    }

    /// An item of one paragraph has no space around it.
    fn item(&self, blocks: &[Block]) -> Element {
        let item = Element::new("li").with("dir", "auto");
        match blocks {
            [Block::Paragraph(inlines)] => self.inlines(item, inlines),
            [Block::Paragraph(inlines), rest @ ..]
                if rest.iter().all(|it| matches!(it, Block::List { .. })) =>
            {
                self.blocks(self.inlines(item, inlines), rest)
            }
            blocks => self.blocks(item, blocks),
        }
    }

    fn table(&self, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Element {
        let row = |tag: &'static str, cells: &[Vec<Inline>]| {
            let cell = |cell: &Vec<Inline>| self.inlines(Element::new(tag).with("dir", "auto"), cell);
            Element::new("tr").children(cells.iter().map(cell))
        };
        let body = Element::new("tbody").children(rows.iter().map(|cells| row("td", cells)));
        let table = Element::new("table").child(Element::new("thead").child(row("th", head))).child(body);
        // A wide table scrolls.
        Element::of("div", "dt-table").with("tabindex", "0").child(table)
    }

    fn inlines(&self, parent: Element, inlines: &[Inline]) -> Element {
        inlines.iter().fold(parent, |parent, inline| match inline {
            Inline::Text(text) | Inline::Html(text) => parent.text(text),
            Inline::Break => parent.child(Element::new("br")),
            Inline::Strong(inlines) => parent.child(self.inlines(Element::new("strong"), inlines)),
            Inline::Emphasis(inlines) => parent.child(self.inlines(Element::new("em"), inlines)),
            Inline::Strike(inlines) if self.draws(Construct::Strikethrough) => {
                parent.child(self.inlines(Element::new("s"), inlines))
            }
            Inline::Strike(inlines) => self.inlines(parent.text("~~"), inlines).text("~~"),
            Inline::Code(code) if self.draws(Construct::CodeSpan) => {
                parent.child(Element::new("code").text(code))
            }
            Inline::Code(code) => parent.text(format!("`{code}`")),
            Inline::Coloured { colour, inlines, .. } if self.draws(Construct::FontColour) => {
                let span = Element::of("span", "dt-colour").with("data-colour", colour);
                parent.child(self.inlines(span, inlines))
            }
            Inline::Coloured { tag, inlines, .. } => self.inlines(parent.text(tag), inlines).text("</font>"),
            Inline::Link { url, inlines } => parent.child(self.inlines(link(url, "dt-a"), inlines)),
            Inline::Image(picture) => parent.child(self.picture(picture, "dt-image")),
            Inline::Mention(mention) => {
                let span = Element::of("span", "dt-mention").text(format!("@{}", mention.shown()));
                parent.child(if mention.name.is_some() { span.with("title", &mention.id) } else { span })
            }
        })
    }

    fn picture(&self, picture: &Picture, class: &str) -> Element {
        if self.look.pictures && address::loads(&picture.url) {
            return Element::of("img", class)
                .with("src", &picture.url)
                .with("alt", &picture.alt)
                .with("loading", "lazy")
                .with("referrerpolicy", "no-referrer");
        }
        let host = address::host(&picture.url);
        let label = self.look.language.say(["picture", "图片"]);
        let words = [label, &picture.alt, host].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>();
        let shown = if picture.alt.is_empty() { host } else { &picture.alt };
        Element::of("span", format!("{class} dt-nopicture"))
            .with("role", "img")
            .with("aria-label", words.join(" · "))
            .with("title", &picture.url)
            .child(icon(&["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"]))
            .child(Element::of("span", "dt-nopicture-words").text(shown))
    }

    fn feed_row(&self, row: &FeedRow, is_first: bool) -> Element {
        let title = Element::of("span", "dt-feed-title").with("dir", "auto").text(&row.title);
        if is_first {
            let picture = self.picture(&row.picture, "dt-feed-picture");
            link(&row.url, "dt-whole dt-feed-first").child(picture).child(title)
        } else {
            let picture = self.picture(&row.picture, "dt-feed-thumb");
            link(&row.url, "dt-whole dt-feed-row").child(title).child(picture)
        }
    }
}

/// Source of a construct that is not drawn.
fn raw(source: &str) -> Element {
    Element::of("p", "dt-raw").with("dir", "auto").text(source)
}

/// Returns a link, or the same without its address if a click must not open it.
fn link(url: &str, class: &str) -> Element {
    if !address::opens(url) {
        return Element::of("span", format!("{class} dt-dead")).with("title", url);
    }
    Element::of("a", class)
        .with("href", url)
        .with("title", url)
        .with("target", "_blank")
        .with("rel", "noopener noreferrer")
}

fn button_rows(buttons: &[CardButton], arrangement: Arrangement) -> Element {
    let class = match arrangement {
        Arrangement::Single => "dt-buttons dt-single",
        Arrangement::Vertical => "dt-buttons dt-vertical",
        Arrangement::Horizontal => "dt-buttons dt-horizontal",
    };
    let row = |button: &CardButton| {
        let title = Element::of("span", "dt-button-title").with("dir", "auto").text(&button.title);
        let link = link(&button.url, "dt-button").child(title);
        if arrangement == Arrangement::Single { link.child(icon(&["M9 5l7 7-7 7"])) } else { link }
    };
    Element::of("div", class).children(buttons.iter().map(row))
}
