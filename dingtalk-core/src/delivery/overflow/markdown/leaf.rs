//! Cuts within one paragraph or heading.

use std::{collections::HashMap, ops::Range};

use super::line::{is_marker, may_become_marker};
use crate::delivery::overflow::{
    cut::{Cut, Rank},
    plain::{behind_space, between, is_space},
};

/// A paragraph or heading, and what it consists of.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) kind: LeafKind,
    atoms: Vec<Atom>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafKind {
    Paragraph,
    /// A paragraph of a tight list item: the parser does not announce it.
    Implied,
    /// A heading with `#`, and how many.
    Heading(usize),
    /// A heading with a line below it, which cannot be begun anew.
    Underlined,
}

#[derive(Debug, Clone)]
struct Atom {
    kind: AtomKind,
    range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtomKind {
    /// Text that stands in the message as it is read.
    Text,
    /// Emphasis, code, an escape, an entity.
    Solid,
    /// A link or a picture.
    Link,
    /// An HTML tag; a pair of them with all between.
    Html,
    /// A line break.
    Break,
}

/// One line of a leaf.
struct Line<'a> {
    atoms: &'a [Atom],
    start: usize,
    /// Without the white space at its end.
    text: &'a str,
}

impl<'a> Line<'a> {
    fn new(atoms: &'a [Atom], source: &'a str) -> Option<Self> {
        let start = atoms.first()?.range.start;
        let text = source[start..atoms.last()?.range.end].trim_end_matches(is_space);
        Some(Self { atoms, start, text })
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The longest pair of marks at a glance, in bytes: marks further apart hardly belong together.
const GLANCE: usize = 300;

/// Two `**` in one line that CommonMark does not pair. It wants white space behind `**状态：**正常`, most writers of Chinese
/// do not, and DingTalk may draw it as they mean it.
fn bold_at_a_glance(line: &Line<'_>) -> Vec<Range<usize>> {
    let mut pairs: Vec<Range<usize>> = Vec::new();
    let mut open = None;
    for atom in line.atoms.iter().filter(|atom| atom.kind == AtomKind::Text) {
        let start = atom.range.start - line.start;
        let text = &line.text[start..(atom.range.end - line.start).min(line.text.len())];
        for (at, mark) in text.match_indices("**") {
            let at = atom.range.start + at;
            match open.take_if(|open| at - *open <= GLANCE) {
                Some(open) => pairs.push(open..at + mark.len()),
                None => open = Some(at),
            }
        }
    }
    pairs
}

/// Is the second line a row of dashes, such as below the head of a table?
fn is_above_dashes(text: &str) -> bool {
    let row = text.lines().nth(1).unwrap_or_default().trim_start_matches(|c| is_space(c) || c == '>');
    row.contains('-') && row.chars().all(|c| "-|:".contains(c) || is_space(c))
}

/// Is the position inside one of these ranges, which are in order and do not overlap?
fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let before = ranges.partition_point(|range| range.start < at);
    before.checked_sub(1).is_some_and(|last| at < ranges[last].end)
}

impl Leaf {
    pub(super) fn new(kind: LeafKind) -> Self {
        Self { kind, atoms: Vec::new() }
    }

    /// Adds what comes next.
    pub(super) fn push(&mut self, source: &str, kind: AtomKind, mut range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let gap = match self.atoms.last() {
            Some(last) if last.kind != AtomKind::Break => last.range.end,
            // Before the first text of a line, a backslash alone belongs to it.
            _ => range.start - usize::from(kind == AtomKind::Text && source[..range.start].ends_with('\\')),
        };
        // The parser leaves out the backslash of an escape.
        if gap < range.start && kind == AtomKind::Text {
            let escaped = source[range.start..].chars().next().map_or(0, char::len_utf8);
            self.atoms.push(Atom { kind: AtomKind::Solid, range: gap..range.start + escaped });
            range.start += escaped;
        } else {
            range.start = gap;
        }
        match self.atoms.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if last.kind == AtomKind::Text && kind == AtomKind::Text => last.range.end = range.end,
            _ => self.atoms.push(Atom { kind, range }),
        }
    }

    /// All places where it can be cut; `clusters` tells where grapheme clusters begin.
    pub(super) fn cuts(mut self, source: &str, clusters: &[bool], seam: usize) -> Vec<Cut> {
        let mut cuts = Vec::new();
        if self.kind == LeafKind::Underlined {
            return cuts;
        }
        self.join_tags(source);
        let sides = Sides::new(&self, source);
        let lines: Vec<Line<'_>> = self
            .atoms
            .split(|atom| atom.kind == AtomKind::Break)
            .filter_map(|atoms| Line::new(atoms, source))
            .collect();
        // The line before: where it begins, where it ends.
        let mut before: Option<(usize, usize)> = None;
        for line in &lines {
            // Directly above a row of dashes it would be the head of a table, which the whole line is not.
            let may_head = [line.start, line.end()].iter().any(|&at| is_above_dashes(&source[at..]));
            if let Some(((begin, end), atom)) = before.zip(line.atoms.first().filter(|_| !may_head))
                && sides.may_end(begin, end)
                && sides.may_begin(line.start, atom)
            {
                cuts.push(Cut { end, resume: line.start, rank: Rank::Line, seam });
            }
            let bold = bold_at_a_glance(line);
            let mut begin = line.start;
            for atom in line.atoms {
                let range = atom.range.clone();
                let last = if atom.kind == AtomKind::Text { range.end } else { range.start + 1 };
                for at in (range.start..last).filter(|&at| at > line.start && clusters[at] && !may_head) {
                    if !is_within(&bold, at)
                        && let Some((end, rank)) = place(source, at, atom.kind)
                        && sides.may_end(begin, end)
                        && sides.may_begin(at, atom)
                    {
                        cuts.push(Cut { end, resume: at, rank, seam });
                    }
                }
                // Code and links can hold line breaks: to the part before a cut, the line begins behind the last one.
                if let Some(at) = source[range.clone()].rfind('\n').filter(|_| atom.kind != AtomKind::Text) {
                    begin = range.start + at + 1;
                }
            }
            before = Some((begin, line.end()));
        }
        cuts
    }

    /// Makes one atom of a pair of tags and all that stands between them, such as coloured text.
    fn join_tags(&mut self, source: &str) {
        let mut open: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (index, atom) in self.atoms.iter().enumerate().filter(|(_, atom)| atom.kind == AtomKind::Html) {
            let tag = source[atom.range.clone()].trim_start_matches('<');
            let (tag, closes) = tag.strip_prefix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
            let open = open.entry(name).or_default();
            if !closes {
                open.push(index);
            } else if let Some(from) = open.pop() {
                pairs.push((from, index));
            }
        }
        // Pairs within pairs, and those that overlap, are one.
        pairs.sort_unstable();
        pairs.dedup_by(|next, last| {
            let joined = next.0 <= last.1;
            if joined {
                last.1 = last.1.max(next.1);
            }
            joined
        });
        let mut pairs = pairs.into_iter().peekable();
        let mut joined = Vec::with_capacity(self.atoms.len());
        let mut index = 0;
        while let Some(atom) = self.atoms.get(index) {
            let mut atom = atom.clone();
            if let Some((_, to)) = pairs.next_if(|(from, _)| *from == index) {
                atom.range.end = self.atoms[to].range.end;
                index = to;
            }
            joined.push(atom);
            index += 1;
        }
        self.atoms = joined;
    }
}

/// Where a part would end that is cut at `at`, and how good that is.
///
/// Where emphasis marks pair depends on their neighbours. White space at a cut reads like the end of a line, so there
/// nothing changes; elsewhere neither side may be a mark.
fn place(source: &str, at: usize, kind: AtomKind) -> Option<(usize, Rank)> {
    let before = &source[..at];
    let (last, next) = before.chars().next_back().zip(source[at..].chars().next())?;
    if is_space(next) {
        return None;
    }
    if is_space(last) {
        let end = before.trim_end_matches(is_space).len();
        return Some((end, behind_space(&before[..end])));
    }
    let is_mark = |c| matches!(c, '*' | '_' | '~' | '`' | '[' | '!' | '<' | '&' | '\\');
    if is_mark(last) || (is_mark(next) && kind != AtomKind::Link) {
        return None;
    }
    // Alone on a line this would be a marker: a bullet, a number, a rule, a line below a heading.
    let numbers = matches!(last, '.' | ')') && before[..at - 1].ends_with(|c: char| c.is_ascii_digit());
    if numbers || matches!(last, '#' | '-' | '+' | '=' | ':' | '|' | '>') {
        return None;
    }
    Some((at, between(last, next)))
}

/// Is what stands on both sides of a cut still the same kind of text?
struct Sides<'a> {
    source: &'a str,
    is_heading: bool,
    /// Where the last thing stands that could end the label of a link's definition.
    last_label: Option<usize>,
}

impl<'a> Sides<'a> {
    fn new(leaf: &Leaf, source: &'a str) -> Self {
        let range = match (leaf.atoms.first(), leaf.atoms.last()) {
            (Some(first), Some(last)) => first.range.start..last.range.end,
            _ => 0..0,
        };
        let last_label = source[range.clone()].rfind("]:").map(|at| range.start + at);
        Self { source, is_heading: matches!(leaf.kind, LeafKind::Heading(_)), last_label }
    }

    /// May the part before the cut end here, in the line that began there?
    fn may_end(&self, line: usize, end: usize) -> bool {
        if end <= line {
            return false; // Only white space.
        }
        if self.is_heading {
            // `#`s at its end are decoration.
            return !self.source[..end].ends_with('#');
        }
        let text = self.source[line..end].trim_start_matches(|c| is_space(c) || c == '>');
        match text.chars().next() {
            // A tag alone on its line begins a block, and so does the line below the head of a table.
            Some('<') => !text.ends_with('>'),
            Some('|') => !text.chars().all(|c| "-|: ".contains(c)),
            _ => !is_marker(text),
        }
    }

    /// May the part behind the cut begin with this atom?
    fn may_begin(&self, resume: usize, atom: &Atom) -> bool {
        let rest = &self.source[resume..];
        match atom.kind {
            AtomKind::Break => false,
            AtomKind::Text if rest.starts_with('[') => self.last_label.is_none_or(|label| label < resume),
            AtomKind::Text => !may_become_marker(rest),
            AtomKind::Solid => !rest.starts_with("```") && !rest.starts_with("~~~"),
            // Not the definition of a link.
            AtomKind::Link => !self.source[atom.range.end..].starts_with(':'),
            // The one tag that robots are known to use. Alone on its line it would begin a block.
            AtomKind::Html => {
                let line = rest.lines().next().unwrap_or_default();
                let behind = line.split_once('>').map_or("", |(_, behind)| behind);
                line.starts_with("<font ") && !behind.trim_ascii().is_empty()
            }
        }
    }
}
