//! Cuts inside emphasis, links and inline code, which end at the cut and begin again after it.

use std::{iter, ops::Range};

use pulldown_cmark::{Event, LinkType, Tag};

use crate::delivery::overflow::{
    cut::{Cut, Rank, Seam},
    plain::{between, is_space},
};

/// Maximum depth of constructs within each other. Those with deeper ones are not cut.
const MAX_DEPTH: usize = 6;

/// A run of text inside constructs, with what ends them before a cut and begins them again after it.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) range: Range<usize>,
    /// End of the text on the line before, if the run begins a line.
    before: Option<usize>,
    is_code: bool,
    open: String,
    close: String,
}

impl Inside {
    /// Returns the seam of all cuts in this run, inside the blocks that `open` begins again.
    pub(super) fn seam(&self, open: &str) -> Seam {
        Seam { close: self.close.clone(), open: format!("{open}{}", self.open) }
    }

    /// Adds constructs around all of this one.
    pub(super) fn wrap(&mut self, open: &str, close: &str) {
        self.open.insert_str(0, open);
        self.close.push_str(close);
    }

    /// A run of text inside a pair of tags.
    pub(super) fn text(range: Range<usize>) -> Self {
        Self { range, before: None, is_code: false, open: String::new(), close: String::new() }
    }

    /// Returns the cuts. Letters on both sides keep marks of emphasis valid.
    pub(super) fn cuts(&self, source: &str, clusters: &[bool], seam: usize) -> impl Iterator<Item = Cut> {
        let Range { start, end } = self.range;
        let may_touch = |c: Option<char>| {
            c.is_some_and(|c| if self.is_code { c != '`' && !is_space(c) } else { c.is_alphanumeric() })
        };
        (start..end).filter(|&at| clusters[at]).filter_map(move |at| {
            let cut = if at == start {
                self.before?
            } else {
                start + source[start..at].trim_end_matches(is_space).len()
            };
            let (last, next) = (source[..cut].chars().next_back(), source[at..].chars().next());
            if (at > start && cut == start) || !may_touch(last) || !may_touch(next) {
                return None;
            }
            let in_word = cut == at && between(last?, next?) == Rank::Character;
            let rank = if in_word { Rank::InsideWord } else { Rank::Inside };
            Some(Cut { end: cut, resume: at, rank, seam })
        })
    }
}

/// Visits one construct within a line, and those inside of it.
#[derive(Debug)]
pub(super) struct Visit {
    constructs: Vec<Construct>,
    /// Constructs around the position, outermost first.
    stack: Vec<usize>,
    runs: Vec<Run>,
    /// End of the last text before a line break.
    before: Option<usize>,
    /// Set if a mark without a partner could pair with one that a cut adds, or if the constructs are too deep.
    is_unclear: bool,
}

#[derive(Debug)]
struct Construct {
    kind: Kind,
    range: Range<usize>,
    /// Length of the mark that begins it.
    mark: usize,
    parent: Option<usize>,
    /// End of the content visited so far.
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Emphasis,
    Strong,
    Strikethrough,
    Link,
    Code,
    /// A picture, or a link without an address behind its text.
    Opaque,
}

#[derive(Debug)]
struct Run {
    range: Range<usize>,
    before: Option<usize>,
    construct: usize,
}

impl Visit {
    /// Begins with the construct of this tag. Returns `None` if it is none within a line.
    pub(super) fn new(source: &str, tag: &Tag<'_>, range: Range<usize>) -> Option<Self> {
        let mut visit = Self {
            constructs: Vec::new(),
            stack: Vec::new(),
            runs: Vec::new(),
            before: None,
            is_unclear: false,
        };
        visit.open(source, kind(tag)?, range);
        Some(visit)
    }

    /// Returns the runs of inline code.
    pub(super) fn code(source: &str, range: Range<usize>) -> Vec<Inside> {
        let mut visit = Self {
            constructs: Vec::new(),
            stack: Vec::new(),
            runs: Vec::new(),
            before: None,
            is_unclear: false,
        };
        visit.inline_code(source, range);
        visit.finish(source)
    }

    /// Visits the next event. Returns true at the end of the outermost construct.
    pub(super) fn event(&mut self, source: &str, event: &Event<'_>, range: Range<usize>) -> bool {
        match event {
            Event::Start(tag) => match kind(tag) {
                Some(kind) => self.open(source, kind, range),
                None => self.is_unclear = true,
            },
            Event::End(_) => self.close(range.end),
            Event::Text(text) => self.text(source, range, text),
            Event::Code(_) => self.inline_code(source, range),
            Event::SoftBreak | Event::HardBreak => {
                self.before = self.top().map(|top| top.at).filter(|&at| at <= range.start);
                self.advance(range.end);
            }
            _ => self.is_unclear = true,
        }
        self.stack.is_empty()
    }

    fn top(&self) -> Option<&Construct> {
        self.stack.last().map(|&top| &self.constructs[top])
    }

    fn advance(&mut self, to: usize) {
        if let Some(&top) = self.stack.last() {
            self.constructs[top].at = to;
        }
    }

    fn open(&mut self, source: &str, kind: Kind, range: Range<usize>) {
        self.before = None;
        let text = &source[range.clone()];
        let mark = match kind {
            Kind::Emphasis | Kind::Link | Kind::Opaque => 1,
            Kind::Strong => 2,
            Kind::Strikethrough => 1 + usize::from(text.starts_with("~~")),
            Kind::Code => text.len() - text.trim_start_matches('`').len(),
        };
        let (parent, at) = (self.stack.last().copied(), range.start + mark);
        self.is_unclear |= self.stack.len() == MAX_DEPTH;
        self.stack.push(self.constructs.len());
        self.constructs.push(Construct { kind, range, mark, parent, at });
    }

    fn close(&mut self, end: usize) {
        self.before = None;
        self.stack.pop();
        self.advance(end);
    }

    fn text(&mut self, source: &str, range: Range<usize>, text: &str) {
        let is_verbatim = source[range.clone()] == *text;
        // The parser omits the backslash of an escape.
        let escaped = self.top().is_some_and(|top| top.at < range.start);
        let skipped = source[range.clone()].chars().next().filter(|_| escaped).map_or(0, char::len_utf8);
        if is_verbatim && !self.is_unclear {
            let in_link = self.stack.iter().any(|&construct| self.constructs[construct].kind == Kind::Link);
            let plain = range.start + skipped..range.end;
            self.is_unclear = source[plain.clone()]
                .char_indices()
                .any(|(at, c)| may_pair(source, plain.start + at, c) || (in_link && matches!(c, '[' | ']')));
        }
        let before = self.before.take().filter(|_| is_verbatim && !escaped);
        if let Some(&construct) = self.stack.last().filter(|_| is_verbatim) {
            self.runs.push(Run { range: range.clone(), before, construct });
        }
        self.advance(range.end);
    }

    fn inline_code(&mut self, source: &str, range: Range<usize>) {
        self.open(source, Kind::Code, range.clone());
        let mark = self.top().map_or(0, |top| top.mark);
        let inner = range.start + mark..range.end.saturating_sub(mark);
        if inner.start < inner.end && !source[inner.clone()].contains(['\n', '\r']) {
            let construct = self.constructs.len() - 1;
            self.runs.push(Run { range: inner.clone(), before: None, construct });
        }
        self.advance(inner.end);
        self.close(range.end);
    }

    /// Returns the runs that can be cut.
    pub(super) fn finish(self, source: &str) -> Vec<Inside> {
        if self.is_unclear || !self.constructs.iter().all(|construct| self.is_clear(source, construct)) {
            return Vec::new();
        }
        let marks: Vec<Option<(String, String)>> =
            (0..self.constructs.len()).map(|construct| self.marks(source, construct)).collect();
        let inside = |run: &Run| {
            let (open, close) = marks[run.construct].clone()?;
            let is_code = self.constructs[run.construct].kind == Kind::Code;
            Some(Inside { range: run.range.clone(), before: run.before, is_code, open, close })
        };
        self.runs.iter().filter_map(inside).collect()
    }

    /// Reports whether the marks of a construct pair with each other, whatever the length of the marks before them: the
    /// pairing of marks with text on both sides depends on it.
    fn is_clear(&self, source: &str, construct: &Construct) -> bool {
        let mark = source.as_bytes()[construct.range.start];
        let before = source[..construct.range.start].chars().next_back();
        let after = source[construct.range.end..].chars().next();
        let is_mark = |c: Option<char>| c == Some(char::from(mark));
        let Some(parent) = construct.parent else { return !is_mark(before) && !is_mark(after) };
        let mut around = iter::successors(Some(parent), |&at| self.constructs[at].parent);
        let is_edge = |c: Option<char>| c.is_none_or(char::is_whitespace) || is_mark(c);
        let is_apart = is_edge(before) && is_edge(after);
        construct.kind == Kind::Code
            || is_apart
            || !around.any(|at| source.as_bytes()[self.constructs[at].range.start] == mark)
    }

    /// Returns what begins and what ends this construct and all around it. Returns `None` if that would be read
    /// differently.
    fn marks(&self, source: &str, construct: usize) -> Option<(String, String)> {
        let mut open = String::new();
        let mut close = String::new();
        let mut inner: Vec<&Construct> = Vec::new();
        let mut next = Some(construct);
        while let Some(construct) = next.map(|at| &self.constructs[at]) {
            if !inner.iter().all(|inner| may_stand_inside(source, inner, construct)) {
                return None;
            }
            let mark = &source[construct.range.start..construct.range.start + construct.mark];
            open.insert_str(0, mark);
            match construct.kind {
                Kind::Opaque => return None,
                Kind::Link => {
                    let end = source.get(construct.at..construct.range.end)?;
                    if !mark.starts_with('[') || !end.starts_with("](") || end.contains(['\n', '\r']) {
                        return None;
                    }
                    close.push_str(end);
                }
                _ => close.push_str(mark),
            }
            inner.push(construct);
            next = construct.parent;
        }
        Some((open, close))
    }
}

/// Reports whether the marks of both are read as these two if they stand side by side: `***` is strong text in
/// emphasis.
fn may_stand_inside(source: &str, inner: &Construct, outer: &Construct) -> bool {
    let mark = |construct: &Construct| source.as_bytes()[construct.range.start];
    mark(inner) != mark(outer) || (inner.kind == Kind::Strong && outer.kind == Kind::Emphasis)
}

/// Reports whether this character of a text could be a mark of emphasis.
fn may_pair(source: &str, at: usize, c: char) -> bool {
    if !matches!(c, '*' | '_' | '~') {
        return false;
    }
    let before = source[..at].chars().next_back();
    let after = source[at + 1..].chars().next();
    let both = |is: fn(char) -> bool| before.is_some_and(is) && after.is_some_and(is);
    !(both(char::is_whitespace) || (c == '_' && both(char::is_alphanumeric)))
}

fn kind(tag: &Tag<'_>) -> Option<Kind> {
    match tag {
        Tag::Emphasis => Some(Kind::Emphasis),
        Tag::Strong => Some(Kind::Strong),
        Tag::Strikethrough => Some(Kind::Strikethrough),
        Tag::Link { link_type: LinkType::Inline, .. } => Some(Kind::Link),
        Tag::Link { .. } | Tag::Image { .. } => Some(Kind::Opaque),
        _ => None,
    }
}
