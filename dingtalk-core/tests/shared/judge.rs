//! Compares a text in parts with the original by a CommonMark parser that is independent of the splitting.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open(&'static str, String),
    Close(&'static str),
    /// One character that is not white space, or the beginning or end of a construct in a line.
    One(String),
}

impl Token {
    fn end(&self) -> Self {
        let Self::Open(block, _) = self else { panic!("{self:?} opens nothing") };
        Self::Close(block)
    }
}

/// The parser's view of the text, without the white space that a cut may remove.
fn tokens(markdown: &str) -> Vec<Token> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        reader.event(event);
    }
    reader.tokens
}

#[derive(Default)]
struct Reader {
    tokens: Vec<Token>,
    /// The surrounding lists, each with true for an ordered one.
    lists: Vec<bool>,
    in_code: bool,
    /// The head of the current table, which is repeated at each new beginning of the table.
    head: Option<String>,
    /// The surrounding blocks, to detect text directly in a tight list item.
    blocks: Vec<&'static str>,
    /// Positions of the emphasis and links that are open, and of the tags of colour, which may have no end.
    inline: Vec<(&'static str, usize)>,
}

impl Reader {
    fn open(&mut self, block: &'static str, detail: &str) {
        self.end_implied();
        self.inline.clear();
        self.blocks.push(block);
        self.tokens.push(Token::Open(block, detail.to_owned()));
    }

    fn close(&mut self) {
        let block = self.blocks.pop().expect("a block to close");
        self.tokens.push(Token::Close(block));
    }

    fn end_implied(&mut self) {
        if self.blocks.last() == Some(&"implied") {
            self.blocks.pop();
            self.tokens.push(Token::Close("paragraph"));
        }
    }

    fn inline(&mut self) {
        if matches!(self.blocks.last(), None | Some(&("item" | "quote"))) {
            self.blocks.push("implied");
            self.tokens.push(Token::Open("paragraph", String::new()));
        }
    }

    /// Begins emphasis or a link, which a cut may end and begin again.
    fn begin(&mut self, construct: &'static str, detail: &str) {
        self.inline();
        self.inline.push((construct, self.tokens.len()));
        self.tokens.push(Token::Open(construct, detail.to_owned()));
    }

    fn end(&mut self, construct: &'static str) {
        while self.inline.pop().is_some_and(|(open, _)| open != construct) {}
        self.tokens.push(Token::Close(construct));
    }

    fn tag(&mut self, tag: &str) {
        match self.inline.last() {
            Some(&("font", at)) if tag == "</font>" => {
                let Token::One(tag) = self.tokens[at].clone() else { panic!("a tag") };
                self.tokens[at] = Token::Open("font", tag);
                self.end("font");
            }
            _ => {
                self.inline();
                if tag.starts_with("<font ") {
                    self.inline.push(("font", self.tokens.len()));
                }
                self.one(tag);
            }
        }
    }

    fn one(&mut self, text: impl Into<String>) {
        self.inline();
        self.tokens.push(Token::One(text.into()));
    }

    fn event(&mut self, event: Event<'_>) {
        if let Some(head) = &mut self.head {
            head.push_str(&format!("{event:?}"));
            if event == Event::End(TagEnd::TableHead) {
                let head = self.head.take().unwrap_or_default();
                self.open("table", &head);
            }
            return;
        }
        match event {
            Event::Start(Tag::Paragraph) => self.open("paragraph", ""),
            Event::Start(Tag::Heading { level, .. }) => self.open("heading", &level.to_string()),
            Event::Start(Tag::BlockQuote(_)) => self.open("quote", ""),
            Event::Start(Tag::CodeBlock(kind)) => {
                self.in_code = true;
                match kind {
                    CodeBlockKind::Fenced(info) => self.open("code", &format!("fenced {info}")),
                    CodeBlockKind::Indented => self.open("code", "indented"),
                }
            }
            Event::Start(Tag::HtmlBlock) => self.open("html", ""),
            Event::Start(Tag::Table(alignment)) => self.head = Some(format!("{alignment:?}")),
            Event::Start(Tag::TableRow) => self.open("row", ""),
            Event::Start(Tag::TableCell) => self.open("cell", ""),
            Event::Start(Tag::List(first)) => {
                self.end_implied();
                self.lists.push(first.is_some());
            }
            Event::Start(Tag::Item) => {
                let ordered = *self.lists.last().expect("an item stands in a list");
                self.open("item", if ordered { "1." } else { "-" });
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.begin("link", &dest_url),
            Event::Start(Tag::Image { dest_url, .. }) => self.one(format!("image {dest_url}")),
            Event::Start(Tag::Emphasis) => self.begin("emphasis", ""),
            Event::Start(Tag::Strong) => self.begin("strong", ""),
            Event::Start(Tag::Strikethrough) => self.begin("strikethrough", ""),
            Event::Start(tag) => self.one(format!("{tag:?}")),
            Event::End(TagEnd::List(_)) => {
                self.lists.pop();
            }
            Event::End(TagEnd::Image) => self.one("end"),
            Event::End(TagEnd::Link) => self.end("link"),
            Event::End(TagEnd::Emphasis) => self.end("emphasis"),
            Event::End(TagEnd::Strong) => self.end("strong"),
            Event::End(TagEnd::Strikethrough) => self.end("strikethrough"),
            Event::End(_) => {
                self.in_code = false;
                self.end_implied();
                self.close();
            }
            Event::Text(text) if self.in_code => {
                for line in text.lines().filter(|line| !line.trim_ascii().is_empty()) {
                    line.chars().for_each(|c| self.one(c));
                }
            }
            Event::Text(text) | Event::Html(text) => {
                self.inline();
                text.chars().filter(|c| !c.is_ascii_whitespace()).for_each(|c| self.one(c));
            }
            Event::Code(text) => {
                self.begin("inline code", "");
                text.chars().filter(|c| !c.is_ascii_whitespace()).for_each(|c| self.one(c));
                self.end("inline code");
            }
            Event::InlineHtml(tag) => self.tag(&tag),
            Event::Rule => {
                self.open("rule", "");
                self.close();
            }
            Event::SoftBreak | Event::HardBreak => {}
            event => self.one(format!("{event:?}")),
        }
    }
}

/// Returns true if these parts, in order, have the same content as the whole, with blocks ended and reopened
/// at a cut. With `cut_off`, the last part may end before the whole does.
pub(crate) fn check(whole: &str, parts: &[&str], cut_off: bool) -> Result<(), String> {
    let expected = tokens(whole);
    let mut read = 0;
    let mut open: Vec<Token> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let tokens = tokens(part);
        let fail = |what: &str, at: usize| {
            let near = &tokens[at.saturating_sub(3).min(tokens.len())..(at + 4).min(tokens.len())];
            Err(format!(
                "part {number}: {what} at {near:?}\n--- part\n{part:?}\nbefore it {:?}\n--- whole\n{whole}",
                number.checked_sub(1).map(|before| parts[before])
            ))
        };
        if !tokens.starts_with(&open) {
            return fail(&format!("it does not begin with {open:?}"), 0);
        }
        let mut at = open.len();
        while at < tokens.len() && expected.get(read) == Some(&tokens[at]) {
            match &tokens[at] {
                Token::Open(..) => open.push(tokens[at].clone()),
                Token::Close(_) => drop(open.pop()),
                Token::One(_) => {}
            }
            at += 1;
            read += 1;
        }
        let ends: Vec<Token> = open.iter().rev().map(Token::end).collect();
        if tokens[at..] != ends[..] {
            return fail(&format!("expected {:?} or {ends:?}", expected.get(read)), at);
        }
    }
    if !cut_off && read < expected.len() {
        return Err(format!("lost from {:?} on\n--- whole\n{whole}", &expected[read]));
    }
    Ok(())
}

/// Returns true if it defines addresses of links apart from the links, which splitting does not support.
pub(crate) fn has_definitions(markdown: &str) -> bool {
    Parser::new(markdown).reference_definitions().iter().next().is_some()
}
