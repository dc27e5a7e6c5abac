//! Markdown to blocks: the subset that DingTalk documents (headings, quotes, bold, italic, links, pictures, lists), and
//! what some clients draw beyond it. All else stays text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{
    capability::Construct,
    mentions::{Ids, marked},
    tree::{Block, Inline, Picture},
};

/// Depth at which blocks and emphasis stop nesting: their content joins that of their parent. A message may have ten
/// thousand nested quotes; no tree, browser or stack is made for that.
const MAX_DEPTH: usize = 24;

/// Parses a Markdown text.
pub(super) fn blocks(text: &str, ids: &Ids) -> Vec<Block> {
    let mut builder = Builder { text, ids, frames: vec![Frame::new(Kind::Root, 0..text.len())] };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        builder.event(event, range);
    }
    builder.finish()
}

/// A container that is open.
struct Frame {
    kind: Kind,
    /// Bytes of the source.
    range: Range<usize>,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
    /// Finished items of a list.
    items: Vec<Vec<Block>>,
    /// Finished cells of a row.
    cells: Vec<Vec<Inline>>,
    /// Finished rows of a table.
    rows: Vec<Vec<Vec<Inline>>>,
    /// Text of code, which has neither mentions nor breaks.
    plain: String,
}

enum Kind {
    Root,
    Paragraph,
    Heading(u8),
    Quote,
    List(Option<u64>),
    Item,
    Code {
        fenced: bool,
    },
    Html,
    Table,
    Row,
    Cell,
    Strong,
    Emphasis,
    Strike,
    Coloured {
        colour: String,
        tag: String,
    },
    Link {
        url: String,
        raw: Option<&'static str>,
    },
    Image {
        url: String,
    },
    /// A container of a kind that is not drawn: its content joins that of its parent.
    Transparent,
}

impl Frame {
    fn new(kind: Kind, range: Range<usize>) -> Self {
        Self {
            kind,
            range,
            blocks: Vec::new(),
            inlines: Vec::new(),
            items: Vec::new(),
            cells: Vec::new(),
            rows: Vec::new(),
            plain: String::new(),
        }
    }

    /// Ends a run of text between blocks: a tight list has no paragraphs.
    fn end_run(&mut self) {
        if !self.inlines.is_empty() {
            let inlines = std::mem::take(&mut self.inlines);
            self.blocks.push(Block::Paragraph(inlines));
        }
    }

    fn into_blocks(mut self) -> Vec<Block> {
        self.end_run();
        self.blocks
    }
}

struct Builder<'a> {
    text: &'a str,
    ids: &'a Ids,
    frames: Vec<Frame>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => self.push_text(&text),
            Event::Code(code) => self.push(Inline::Code(code.into_string())),
            Event::InlineHtml(tag) => self.tag(&tag),
            Event::SoftBreak => self.push_text(" "),
            Event::HardBreak => self.push(Inline::Break),
            Event::Rule => self.push_block(Block::Rule { source: self.source(range) }),
            // Not enabled.
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        let kind = match tag {
            Tag::Paragraph => Kind::Paragraph,
            Tag::Heading { level, .. } => Kind::Heading(level as u8),
            Tag::BlockQuote(_) => Kind::Quote,
            Tag::List(start) => Kind::List(start),
            Tag::Item => Kind::Item,
            Tag::CodeBlock(kind) => Kind::Code { fenced: matches!(kind, CodeBlockKind::Fenced(_)) },
            Tag::HtmlBlock => Kind::Html,
            Tag::Table(_) => Kind::Table,
            Tag::TableHead | Tag::TableRow => Kind::Row,
            Tag::TableCell => Kind::Cell,
            Tag::Strong => Kind::Strong,
            Tag::Emphasis => Kind::Emphasis,
            Tag::Strikethrough => Kind::Strike,
            Tag::Link { link_type, dest_url, .. } => {
                // An address between angle brackets is not documented.
                let raw = matches!(link_type, LinkType::Autolink | LinkType::Email).then_some("<>");
                Kind::Link { url: dest_url.into_string(), raw }
            }
            Tag::Image { dest_url, .. } => Kind::Image { url: dest_url.into_string() },
            _ => Kind::Transparent,
        };
        let nests =
            matches!(kind, Kind::Quote | Kind::List(_) | Kind::Strong | Kind::Emphasis | Kind::Strike);
        let kind = if nests && self.frames.len() > MAX_DEPTH { Kind::Transparent } else { kind };
        self.frames.push(Frame::new(kind, range));
    }

    fn end(&mut self, tag: TagEnd) {
        // A colour that its paragraph does not close is no colour.
        while matches!(self.frames.last(), Some(Frame { kind: Kind::Coloured { .. }, .. })) {
            self.unwind_colour();
        }
        // The root stays: events are balanced.
        if self.frames.len() > 1
            && let Some(frame) = self.frames.pop()
        {
            self.close(frame, tag);
        }
    }

    fn close(&mut self, frame: Frame, tag: TagEnd) {
        let source = self.source(frame.range.clone());
        match frame.kind {
            Kind::Root => {}
            Kind::Paragraph => self.push_block(Block::Paragraph(frame.inlines)),
            Kind::Heading(level) => self.push_block(Block::Heading { level, inlines: frame.inlines }),
            Kind::Quote => self.push_block(Block::Quote(frame.into_blocks())),
            Kind::List(start) => self.push_block(Block::List { start, items: frame.items }),
            Kind::Item => {
                let blocks = frame.into_blocks();
                match self.top() {
                    Frame { kind: Kind::List(_), items, .. } => items.push(blocks),
                    // An item of a list that nests too deep.
                    top => {
                        top.end_run();
                        top.blocks.extend(blocks);
                    }
                }
            }
            Kind::Code { fenced: true } => {
                let text = frame.plain.trim_end_matches('\n').to_owned();
                self.push_block(Block::Code { text, source });
            }
            Kind::Code { fenced: false } => {
                self.push_block(Block::Raw { construct: Construct::IndentedCode, source });
            }
            Kind::Html => self.push_block(Block::Raw { construct: Construct::Html, source }),
            Kind::Cell => self.top().cells.push(frame.inlines),
            Kind::Row => self.top().rows.push(frame.cells),
            Kind::Table => {
                let mut rows = frame.rows;
                let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                self.push_block(Block::Table { head, rows, source });
            }
            Kind::Strong => self.push(Inline::Strong(frame.inlines)),
            Kind::Emphasis => self.push(Inline::Emphasis(frame.inlines)),
            Kind::Strike => self.push(Inline::Strike(frame.inlines)),
            Kind::Coloured { colour, tag, .. } => {
                self.push(Inline::Coloured { colour, tag, inlines: frame.inlines });
            }
            Kind::Link { raw: Some(_), .. } => self.push_text(&source),
            Kind::Link { url, raw: None } => self.push(Inline::Link { url, inlines: frame.inlines }),
            Kind::Image { url } => {
                self.push(Inline::Image(Picture { url, alt: plain_text(&frame.inlines) }));
            }
            Kind::Transparent if matches!(tag, TagEnd::BlockQuote(_) | TagEnd::List(_)) => {
                let blocks = frame.into_blocks();
                let top = self.top();
                top.end_run();
                top.blocks.extend(blocks);
            }
            Kind::Transparent => self.top().inlines.extend(frame.inlines),
        }
    }

    /// A tag of HTML in a line: a colour, or text.
    fn tag(&mut self, tag: &str) {
        let is_closing = tag.eq_ignore_ascii_case("</font>");
        if is_closing && matches!(self.top().kind, Kind::Coloured { .. }) {
            let Some(frame) = self.frames.pop() else { return };
            self.close(frame, TagEnd::Emphasis);
        } else if let Some(colour) = colour(tag)
            && self.frames.len() <= MAX_DEPTH
        {
            self.frames.push(Frame::new(Kind::Coloured { colour, tag: tag.to_owned() }, 0..0));
        } else {
            self.push(Inline::Html(tag.to_owned()));
        }
    }

    /// Turns an open colour into text.
    fn unwind_colour(&mut self) {
        if let Some(Frame { kind: Kind::Coloured { tag, .. }, inlines, .. }) = self.frames.pop() {
            self.push(Inline::Html(tag));
            self.top().inlines.extend(inlines);
        }
    }

    fn push_text(&mut self, text: &str) {
        let top = self.top();
        match top.kind {
            Kind::Code { .. } | Kind::Html => top.plain.push_str(text),
            _ => match top.inlines.last_mut() {
                Some(Inline::Text(last)) => last.push_str(text),
                _ => top.inlines.push(Inline::Text(text.to_owned())),
            },
        }
    }

    fn push(&mut self, inline: Inline) {
        self.top().inlines.push(inline);
    }

    fn push_block(&mut self, block: Block) {
        let top = self.top();
        top.end_run();
        top.blocks.push(block);
    }

    fn top(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn source(&self, range: Range<usize>) -> String {
        self.text.get(range).unwrap_or_default().trim_end_matches('\n').to_owned()
    }

    fn finish(mut self) -> Vec<Block> {
        let mut blocks = std::mem::replace(self.top(), Frame::new(Kind::Root, 0..0)).into_blocks();
        mark_blocks(&mut blocks, self.ids);
        blocks
    }
}

/// Splits texts at their mentions. A text is complete only here: the parser cuts it at every special character.
fn mark_blocks(blocks: &mut [Block], ids: &Ids) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading { inlines, .. } => mark(inlines, ids),
            Block::Quote(blocks) => mark_blocks(blocks, ids),
            Block::List { items, .. } => items.iter_mut().for_each(|item| mark_blocks(item, ids)),
            Block::Table { head, rows, .. } => {
                head.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| mark(cell, ids));
            }
            Block::Raw { .. } | Block::Code { .. } | Block::Rule { .. } => {}
        }
    }
}

fn mark(inlines: &mut Vec<Inline>, ids: &Ids) {
    let mut done = Vec::with_capacity(inlines.len());
    for mut inline in inlines.drain(..) {
        match &mut inline {
            Inline::Text(text) => {
                done.extend(marked(text, ids));
                continue;
            }
            Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Strike(inner)
            | Inline::Link { inlines: inner, .. }
            | Inline::Coloured { inlines: inner, .. } => mark(inner, ids),
            Inline::Break | Inline::Code(_) | Inline::Html(_) | Inline::Image(_) | Inline::Mention(_) => {}
        }
        done.push(inline);
    }
    *inlines = done;
}

/// Returns the text of inlines without their marks.
pub(super) fn plain_text(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(part) | Inline::Code(part) | Inline::Html(part) => text.push_str(part),
            Inline::Break => text.push(' '),
            Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Strike(inner)
            | Inline::Link { inlines: inner, .. }
            | Inline::Coloured { inlines: inner, .. } => text.push_str(&plain_text(inner)),
            Inline::Image(picture) => text.push_str(&picture.alt),
            Inline::Mention(mention) => {
                text.push('@');
                text.push_str(mention.shown());
            }
        }
    }
    text
}

/// Returns the colour of `<font color=…>`, if it is one that cannot be anything else.
fn colour(tag: &str) -> Option<String> {
    let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
    let (name, attribute) = inner.trim().split_once(char::is_whitespace)?;
    let (key, value) = attribute.trim().split_once('=')?;
    if !name.eq_ignore_ascii_case("font") || !key.trim().eq_ignore_ascii_case("color") {
        return None;
    }
    let value = value.trim().trim_matches(['"', '\'']).trim().to_ascii_lowercase();
    let is_hexadecimal =
        |digits: &str| matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_name =
        |name: &str| (3..=20).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_lowercase());
    let is_colour = value.strip_prefix('#').map_or_else(|| is_name(&value), is_hexadecimal);
    is_colour.then_some(value)
}
