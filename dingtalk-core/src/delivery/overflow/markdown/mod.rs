//! Cuts in Markdown, found by visiting the blocks of a CommonMark parser.
//!
//! A cut is never inside a picture, HTML, an escape or an entity. Blocks around a cut are ended before it and restarted
//! after it, with markers of the same width, so that the following lines still belong to the same block. So are
//! emphasis, links and inline code, but only where they are much longer than what could be cut before them.

mod containers;
mod inside;
mod leaf;
mod line;

use std::{mem, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation as _;

use self::{
    containers::{Containers, line_start},
    inside::{Inside, Visit},
    leaf::{AtomKind, Leaf, LeafKind},
};
use super::{
    cut::{Body, Cut, Rank, Seam},
    plain::is_space,
};

/// Extensions that DingTalk shows on some devices, beyond its documented subset: they must not be cut either.
pub(crate) const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// Maximum depth of quotes and items; deeper ones are not cut. Such texts are unreadable, and only their cost matters.
const MAX_DEPTH: usize = 16;

/// Returns the cuts of a text in Markdown.
pub(super) fn body(source: &str) -> Body<'_> {
    let mut walk = Walk::new(source);
    for (event, range) in Parser::new_ext(source, OPTIONS).into_offset_iter() {
        walk.event(event, range);
    }
    walk.end_leaf();
    Body::new(source, walk.cuts, walk.seams)
}

struct Walk<'a> {
    source: &'a str,
    /// Positions at which grapheme clusters begin.
    clusters: Vec<bool>,
    cuts: Vec<Cut>,
    seams: Vec<Seam>,
    containers: Containers,
    /// Next number of each surrounding list; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// Depth inside a block that is not visited.
    solid: usize,
    /// Construct within a line that is being visited.
    visit: Option<Visit>,
    leaf: Option<Leaf>,
    code: Option<Code>,
    table: Option<Table>,
    /// Set while the container or the text is still empty: a cut would leave an empty one behind.
    fresh: bool,
    after_heading: bool,
    after_item: bool,
}

struct Code {
    seam: usize,
    /// Character of the fence.
    fence: char,
    /// End of the last line.
    last: Option<usize>,
}

struct Table {
    start: usize,
    /// Seam that restarts the table, created at the first row.
    seam: Option<usize>,
}

impl<'a> Walk<'a> {
    fn new(source: &'a str) -> Self {
        let mut clusters = vec![false; source.len()];
        for (at, _) in source.grapheme_indices(true) {
            clusters[at] = true;
        }
        Self {
            source,
            clusters,
            cuts: Vec::new(),
            seams: Vec::new(),
            containers: Containers::default(),
            lists: Vec::new(),
            solid: 0,
            visit: None,
            leaf: None,
            code: None,
            table: None,
            fresh: true,
            after_heading: false,
            after_item: false,
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if self.solid > 0 {
            match event {
                Event::Start(_) => self.solid += 1,
                Event::End(_) => self.solid -= 1,
                _ => {}
            }
            return;
        }
        if let Some(visit) = &mut self.visit {
            if visit.event(self.source, &event, range)
                && let Some(visit) = self.visit.take()
            {
                self.insides(visit.finish(self.source));
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(_) if self.code.is_some() => self.code_line(range),
            Event::Text(text) => {
                let verbatim = self.source[range.clone()] == *text;
                self.inline(if verbatim { AtomKind::Text } else { AtomKind::Solid }, range);
            }
            Event::InlineHtml(_) => self.inline(AtomKind::Html, range),
            Event::SoftBreak | Event::HardBreak => self.inline(AtomKind::Break, range),
            Event::Code(_) => {
                self.inline(AtomKind::Solid, range.clone());
                self.insides(Visit::code(self.source, range));
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                self.inline(AtomKind::Solid, range);
            }
            // After the marker of an item, it would make the marker a rule, too.
            Event::Rule if !self.containers.is_empty() => self.begin_attached(),
            Event::Rule => self.begin_block(range.start),
            Event::Html(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => {
                self.inline(AtomKind::Solid, range.clone());
                self.visit = Visit::new(self.source, tag, range);
            }
            Tag::Link { .. } | Tag::Image { .. } => {
                self.inline(AtomKind::Link, range.clone());
                self.visit = Visit::new(self.source, tag, range);
            }
            Tag::Paragraph => {
                self.begin_block(range.start);
                self.leaf = Some(Leaf::new(LeafKind::Paragraph));
            }
            Tag::Heading { level, .. } => {
                self.begin_block(range.start);
                let text = &self.source[range];
                let marked = text.starts_with('#') && line::is_marker(text);
                let kind = if marked { LeafKind::Heading(depth(*level)) } else { LeafKind::Underlined };
                self.leaf = Some(Leaf::new(kind));
            }
            Tag::BlockQuote(_) | Tag::Item if self.containers.depth() == MAX_DEPTH => self.skip(),
            Tag::BlockQuote(_) => {
                self.begin_block(range.start);
                self.containers.push_quote();
                self.fresh = true;
            }
            Tag::List(first) => {
                self.lists.push(*first);
                self.after_item = false;
            }
            Tag::Item => self.begin_item(&range),
            Tag::CodeBlock(kind) => self.begin_code(kind, &range),
            Tag::Table(_) => {
                self.begin_block(range.start);
                self.table = Some(Table { start: range.start, seam: None });
            }
            Tag::TableRow => {
                self.begin_row(range.start);
                self.solid = 1;
            }
            Tag::TableHead | Tag::TableCell => self.solid = 1,
            // HTML, and extensions that are not enabled.
            _ => {
                self.begin_block(range.start);
                self.solid = 1;
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.end_leaf();
                self.after_heading = true;
            }
            TagEnd::BlockQuote(_) => {
                self.end_leaf();
                self.containers.pop();
                self.fresh = false;
            }
            TagEnd::Item => {
                self.end_leaf();
                self.containers.pop();
                self.fresh = false;
                self.after_item = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.after_item = false;
            }
            TagEnd::CodeBlock => self.code = None,
            TagEnd::Table => self.table = None,
            _ => self.end_leaf(),
        }
    }

    /// Adds to the paragraph or heading; a tight list item contains a paragraph that the parser does not announce.
    fn inline(&mut self, kind: AtomKind, range: Range<usize>) {
        if self.leaf.is_none() {
            let escaped = usize::from(kind == AtomKind::Text && self.source[..range.start].ends_with('\\'));
            self.begin_block(range.start - escaped);
        }
        let leaf = self.leaf.get_or_insert_with(|| Leaf::new(LeafKind::Implied));
        leaf.push(self.source, kind, range);
    }

    /// Adds the text inside the last construct of the paragraph or heading.
    fn insides(&mut self, insides: Vec<Inside>) {
        if let Some(leaf) = &mut self.leaf {
            leaf.push_insides(insides);
        }
    }

    fn end_leaf(&mut self) {
        let Some(leaf) = self.leaf.take() else { return };
        let mut open = self.containers.begin();
        if let LeafKind::Heading(depth) = leaf.kind {
            open.push_str(&"#".repeat(depth));
            open.push(' ');
        }
        let seam = self.seam(String::new(), open);
        let cuts = leaf.cuts(self.source, &self.clusters, seam, &mut self.seams);
        self.cuts.extend(cuts);
    }

    /// Adds a cut before the block that begins here.
    fn begin_block(&mut self, start: usize) {
        self.cut_before(start, self.containers.begin(), start);
    }

    fn cut_before(&mut self, start: usize, open: String, resume: usize) {
        // A new block ends a paragraph that was not announced.
        self.end_leaf();
        let after_heading = mem::take(&mut self.after_heading);
        let after_item = mem::take(&mut self.after_item);
        if mem::take(&mut self.fresh) {
            return;
        }
        let end = self.end_before(start);
        let rank = match (after_heading, after_item || !self.containers.is_empty()) {
            // A heading is kept together with the text below it.
            (true, _) => Rank::Word,
            (false, true) => Rank::Line,
            (false, false) => Rank::Block,
        };
        let seam = self.seam(String::new(), open);
        self.cuts.push(Cut { end, resume, rank, seam });
    }

    fn begin_item(&mut self, range: &Range<usize>) {
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = number.map(|number| number.saturating_add(1));
            number
        });
        // The parser sometimes includes the text before an item's marker.
        let text = &self.source[range.clone()];
        let start = range.end - text.trim_start_matches(|c| is_space(c) || c == '>').len();
        let Some(item) = self.containers.item(self.source, &(start..range.end), number) else {
            return self.skip();
        };
        match item.content {
            Some(content) => self.cut_before(start, self.containers.begin() + &item.marker, content),
            // Several markers without content could be a rule.
            None => self.begin_attached(),
        }
        self.containers.push_item(item);
        self.fresh = true;
    }

    fn begin_code(&mut self, kind: &CodeBlockKind<'_>, range: &Range<usize>) {
        let indentation = match kind {
            CodeBlockKind::Fenced(_) => self.containers.extra(self.source, range.start),
            CodeBlockKind::Indented => 4,
        };
        // Directly after an item's marker, the indentation would become the item's.
        let begin = self.containers.begin_indented(indentation);
        let Some(mut open) = begin.filter(|_| indentation < 4 || self.containers.is_empty()) else {
            return self.skip();
        };
        self.cut_before(range.start, open.clone(), range.start);
        let mut close = String::new();
        let fence = self.source[range.clone()].chars().next().unwrap_or('`');
        if let CodeBlockKind::Fenced(_) = kind {
            let line = self.source[range.clone()].lines().next().unwrap_or_default();
            let width = line.len() - line.trim_start_matches(fence).len();
            let further = format!("\n{}{}", self.containers.further(), " ".repeat(indentation));
            open.push_str(line);
            open.push_str(&further);
            close = further + &line[..width];
        }
        let seam = self.seam(close, open);
        self.code = Some(Code { seam, fence, last: None });
    }

    /// Keeps the block that begins here in one piece.
    fn skip(&mut self) {
        self.begin_attached();
        self.solid = 1;
    }

    /// Keeps the block that begins here together with the text before it.
    fn begin_attached(&mut self) {
        self.end_leaf();
        self.fresh = false;
        self.after_heading = false;
    }

    /// Adds cuts before a line of code and within it.
    fn code_line(&mut self, range: Range<usize>) {
        let Some(code) = &mut self.code else { return };
        let lines = &self.source[range.clone()];
        let mut start = range.start;
        for line in lines.split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            if !text.trim_ascii().is_empty() {
                if let Some(end) = code.last {
                    self.cuts.push(Cut { end, resume: start, rank: Rank::Line, seam: code.seam });
                }
                // Text that could be read as the fence must not be alone on a line.
                let behind_fence = text.trim_start().trim_start_matches(code.fence);
                let behind_fence = start + text.len() - behind_fence.len();
                for at in (behind_fence + 1..start + text.len()).filter(|at| self.clusters[*at]) {
                    // Code keeps its white space, so a cut is after white space, never before it.
                    if !self.source[at..].starts_with(|c| is_space(c) || c == code.fence) {
                        let spaced = self.source[..at].ends_with(is_space);
                        let rank = if spaced { Rank::Word } else { Rank::Character };
                        self.cuts.push(Cut { end: at, resume: at, rank, seam: code.seam });
                    }
                }
                code.last = Some(start + text.len());
            }
            start += line.len();
        }
    }

    fn begin_row(&mut self, start: usize) {
        let Some(table) = &self.table else { return };
        match table.seam {
            Some(seam) => {
                let end = self.end_before(start);
                self.cuts.push(Cut { end, resume: start, rank: Rank::Line, seam });
            }
            None => {
                let head = self.source[table.start..line_start(self.source, start)].trim_ascii_end();
                let open = format!("{}{head}\n{}", self.containers.begin(), self.containers.further());
                let seam = self.seam(String::new(), open);
                self.table = Some(Table { start, seam: Some(seam) });
            }
        }
    }

    /// Returns the end of the text before this block's line.
    fn end_before(&self, block: usize) -> usize {
        let mut text = self.source[..line_start(self.source, block)].trim_end_matches(['\n', '\r']);
        loop {
            let line = line_start(text, text.len());
            // Inside a quote, a blank line consists of the quote's markers.
            let blank = text[line..].chars().all(|c| c == '>' || is_space(c));
            if line == text.len() || !blank || self.containers.is_empty() {
                return text.len();
            }
            text = text[..line].trim_end_matches(['\n', '\r']);
        }
    }

    fn seam(&mut self, close: String, open: String) -> usize {
        self.seams.push(Seam { close, open });
        self.seams.len() - 1
    }
}

fn depth(level: HeadingLevel) -> usize {
    level as usize
}

#[cfg(test)]
mod tests {
    use super::{super::cut::cut_all, *};

    #[test]
    fn blocks_go_on_as_what_they_are() {
        for (markdown, room, parts) in [
            ("### Disks\n\nall full\n\nnobody looks", 30, &["### Disks\n\nall full", "nobody looks"][..]),
            // A heading stays with its text.
            (
                "one two three four five\n\n### Six\n\nseven",
                38,
                &["one two three four five", "### Six\n\nseven"],
            ),
            ("### one two three four", 16, &["### one two", "### three four"]),
            ("> one two\n> three four", 18, &["> one two", "> three four"]),
            ("> one two three\nfour five", 18, &["> one two three", "> four five"]),
            ("- one two\n- three four", 18, &["- one two", "- three four"]),
            ("- one two three four\n- five", 16, &["- one two three", "- four\n- five"]),
            ("9. one\n10. two three\n11. four", 14, &["9. one", "10. two three", "11. four"]),
            ("1. one two\n1. three\n1. four", 22, &["1. one two\n1. three", "3. four"]),
            ("- one\n  - two three\n  - four\n- five", 24, &["- one\n  - two three", "- - four\n- five"]),
            ("- one\n    - two\n    - three\n- four", 20, &["- one\n    - two", "- -   three\n- four"]),
            ("- one two three\n\n  four\n  five", 22, &["- one two three", "- four\n  five"]),
            ("```sh\nls\nls -l -a\n```", 22, &["```sh\nls\n```", "```sh\nls -l -a\n```"]),
            ("- ```\n  one\n  two\n  ```", 20, &["- ```\n  one\n  ```", "- ```\n  two\n  ```"]),
            ("|a|b|\n|-|-|\n|1|2|\n|3|4|", 22, &["|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|3|4|"]),
        ] {
            assert_eq!(cut_all(&body(markdown), room).expect("it can be cut"), parts, "{markdown:?}");
        }
    }

    #[test]
    fn constructs_in_a_line_stay_whole() {
        for (markdown, room, parts) in [
            ("one [two three](https://e.com) four", 34, &["one [two three](https://e.com)", "four"][..]),
            ("one **two three** four", 14, &["one", "**two three**", "four"]),
            ("主机`a b`正常运行", 14, &["主机`a b`正", "常运行"]),
            ("**状态：**正常 **时间：**今天", 24, &["**状态：**正常", "**时间：**今天"]),
            ("one <font color=#F00>two three</font>", 35, &["one", "<font color=#F00>two three</font>"]),
            ("one \\*two", 6, &["one", "\\*two"]),
        ] {
            assert_eq!(cut_all(&body(markdown), room).expect("it can be cut"), parts, "{markdown:?}");
        }
        assert!(cut_all(&body("one [two three](https://e.com) four"), 17).is_none());
    }

    #[test]
    fn constructs_longer_than_a_part_begin_again() {
        for (markdown, room, parts) in [
            ("**one two three**", 14, &["**one two**", "**three**"][..]),
            (
                "[one two](https://e.com) three",
                20,
                &["[one](https://e.com)", "[two](https://e.com)", "three"],
            ),
            ("> *one _two three_*", 14, &["> *one _two_*", "> *_three_*"]),
            ("**0123456789**", 10, &["**012345**", "**6789**"]),
            ("- `ls -l -a /home`", 13, &["- `ls -l -a`", "- `/home`"]),
            (
                "<font color=red>one two</font>",
                28,
                &["<font color=red>one</font>", "<font color=red>two</font>"],
            ),
        ] {
            assert_eq!(cut_all(&body(markdown), room).expect("it can be cut"), parts, "{markdown:?}");
        }
        // Strong text around emphasis would become emphasis around strong text.
        assert!(cut_all(&body("**one *two three* four**"), 16).is_none());
    }

    /// Text that is a word in the middle of a line can be a marker at the beginning of one.
    #[test]
    fn no_word_becomes_a_marker() {
        for (markdown, room, parts) in [
            ("one two # three", 8, &["one", "two #", "three"][..]),
            ("born in 1980. Died", 9, &["born", "in 1980.", "Died"]),
            ("three - two = one", 6, &["thre", "e -", "two =", "one"]),
        ] {
            assert_eq!(cut_all(&body(markdown), room).expect("it can be cut"), parts, "{markdown:?}");
        }
    }
}
