//! Cuts within one paragraph or heading.

use std::{collections::HashMap, iter, mem, ops::Range};

use super::{
    inside::Inside,
    line::{is_marker, may_become_marker},
};
use crate::delivery::overflow::{
    cut::{Cut, Rank, Seam},
    plain::{behind_space, between, is_space},
};

/// A paragraph or heading, and its content.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) kind: LeafKind,
    atoms: Vec<Atom>,
    /// Text inside the solid atoms and the links, in order.
    insides: Vec<Inside>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafKind {
    Paragraph,
    /// A paragraph of a tight list item, which the parser does not announce.
    Implied,
    /// A heading with this number of `#`.
    Heading(usize),
    /// A heading with a line below it, which cannot be restarted.
    Underlined,
}

#[derive(Debug, Clone)]
struct Atom {
    kind: AtomKind,
    range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtomKind {
    /// Text that appears in the message as it is written.
    Text,
    /// Emphasis, code, an escape, or an entity.
    Solid,
    /// A link or a picture.
    Link,
    /// An HTML tag, or a pair of tags with all text between them.
    Html,
    /// A line break.
    Break,
}

impl Atom {
    /// Reports whether it is an escaped character or an entity, which no mark of emphasis depends on.
    fn is_escape(&self, source: &str) -> bool {
        let text = &source[self.range.clone()];
        let escaped = text.strip_prefix('\\').is_some_and(|escaped| escaped.chars().count() == 1);
        self.kind == AtomKind::Solid && (escaped || (text.starts_with('&') && text.ends_with(';')))
    }
}

/// One line of a leaf.
struct Line<'a> {
    atoms: &'a [Atom],
    start: usize,
    /// Text without the white space at its end.
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

/// Maximum length of a pair of marks that is recognised at a glance, in bytes: marks with more text between them hardly
/// belong together.
const GLANCE: usize = 300;

/// Finds pairs of `**` in one line that CommonMark does not pair. It requires white space after `**状态：**正常`, which most
/// authors of Chinese omit, and DingTalk may still show bold text.
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

/// Reports whether the second line is a row of dashes, such as below the head of a table.
fn is_above_dashes(text: &str) -> bool {
    let row = text.lines().nth(1).unwrap_or_default().trim_start_matches(|c| is_space(c) || c == '>');
    row.contains('-') && row.chars().all(|c| "-|:".contains(c) || is_space(c))
}

/// Reports whether the position is inside one of these ranges, which are sorted and do not overlap.
fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let before = ranges.partition_point(|range| range.start < at);
    before.checked_sub(1).is_some_and(|last| at < ranges[last].end)
}

impl Leaf {
    pub(super) fn new(kind: LeafKind) -> Self {
        Self { kind, atoms: Vec::new(), insides: Vec::new() }
    }

    /// Adds the next atom.
    pub(super) fn push(&mut self, source: &str, kind: AtomKind, mut range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let gap = match self.atoms.last() {
            Some(last) if last.kind != AtomKind::Break => last.range.end,
            // Before the first text of a line, a single backslash belongs to the text.
            _ => range.start - usize::from(kind == AtomKind::Text && source[..range.start].ends_with('\\')),
        };
        // The parser omits the backslash of an escape.
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

    /// Adds the text inside the last atom.
    pub(super) fn push_insides(&mut self, insides: Vec<Inside>) {
        self.insides.extend(insides);
    }

    /// Returns all cuts. `clusters` marks the beginnings of grapheme clusters. Text inside emphasis or a link gets a
    /// seam of its own, which also begins again what `seam` does.
    pub(super) fn cuts(
        mut self,
        source: &str,
        clusters: &[bool],
        seam: usize,
        seams: &mut Vec<Seam>,
    ) -> Vec<Cut> {
        let mut cuts = Vec::new();
        if self.kind == LeafKind::Underlined {
            return cuts;
        }
        self.join_tags(source);
        let sides = Sides::new(&self, source);
        let mut insides = mem::take(&mut self.insides).into_iter().peekable();
        let lines: Vec<Line<'_>> = self
            .atoms
            .split(|atom| atom.kind == AtomKind::Break)
            .filter_map(|atoms| Line::new(atoms, source))
            .collect();
        // Beginning and end of the previous line.
        let mut before: Option<(usize, usize)> = None;
        for line in &lines {
            // Directly above a row of dashes, a shorter line would be the head of a table, although the whole line is
            // not.
            let may_head = [line.start, line.end()].iter().any(|&at| is_above_dashes(&source[at..]));
            if let Some(((begin, end), atom)) = before.zip(line.atoms.first().filter(|_| !may_head))
                && sides.may_end(begin, end)
                && sides.may_begin(line.start, atom)
            {
                cuts.push(Cut { end, resume: line.start, rank: Rank::Line, seam });
            }
            let bold = bold_at_a_glance(line);
            let mut begin = line.start;
            let mut after_escape = false;
            for atom in line.atoms {
                let escape = atom.is_escape(source);
                let has_lines = source[atom.range.clone()].contains('\n');
                while let Some(inside) = insides.next_if(|inside| inside.range.end <= atom.range.end) {
                    if may_head || (has_lines && is_above_dashes(&source[inside.range.end..])) {
                        continue;
                    }
                    let index = seams.len();
                    seams.push(inside.seam(&seams[seam].open));
                    let is_free = |cut: &Cut| !is_within(&bold, cut.resume);
                    cuts.extend(inside.cuts(source, clusters, index).filter(is_free));
                }
                let range = atom.range.clone();
                let last = if atom.kind == AtomKind::Text { range.end } else { range.start + 1 };
                for at in (range.start..last).filter(|&at| at > line.start && clusters[at] && !may_head) {
                    if !is_within(&bold, at)
                        && let Some((end, rank)) = place(
                            source,
                            at,
                            atom.kind,
                            Escapes { before: after_escape && at == range.start, after: escape },
                        )
                        && sides.may_end(begin, end)
                        && sides.may_begin(at, atom)
                    {
                        cuts.push(Cut { end, resume: at, rank, seam });
                    }
                }
                after_escape = escape;
                // Code and links can contain line breaks. For the part before a cut, the line begins after the last
                // one.
                if let Some(at) = source[range.clone()].rfind('\n').filter(|_| atom.kind != AtomKind::Text) {
                    begin = range.start + at + 1;
                }
            }
            before = Some((begin, line.end()));
        }
        cuts
    }

    /// Joins a pair of tags and the text between them, such as coloured text, into one atom.
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
        // Nested and overlapping pairs are joined.
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
        let mut insides = mem::take(&mut self.insides).into_iter().peekable();
        let mut index = 0;
        while let Some(atom) = self.atoms.get(index) {
            let mut atom = atom.clone();
            if let Some((_, to)) = pairs.next_if(|(from, _)| *from == index) {
                atom.range.end = self.atoms[to].range.end;
                let tags = font_tags(source, &self.atoms[index..=to]);
                for inner in &self.atoms[index + 1..to] {
                    let mut inner_insides: Vec<Inside> =
                        iter::from_fn(|| insides.next_if(|inside| inside.range.end <= inner.range.end))
                            .collect();
                    if inner.kind == AtomKind::Text {
                        inner_insides.push(Inside::text(inner.range.clone()));
                    }
                    if let Some((open, close)) = tags {
                        for inside in &mut inner_insides {
                            inside.wrap(open, close);
                        }
                        self.insides.extend(inner_insides);
                    }
                }
                index = to;
            }
            self.insides
                .extend(iter::from_fn(|| insides.next_if(|inside| inside.range.end <= atom.range.end)));
            joined.push(atom);
            index += 1;
        }
        self.atoms = joined;
    }
}

/// Returns both tags of coloured text, which can be ended and begun again. Robots are known to use no other tag.
fn font_tags<'a>(source: &'a str, atoms: &[Atom]) -> Option<(&'a str, &'a str)> {
    let [open, inner @ .., close] = atoms else { return None };
    let tag = |atom: &Atom| Some(&source[atom.range.clone()]).filter(|tag| !tag.contains(['\n', '\r']));
    let (open, close) = (tag(open)?, tag(close)?);
    let is_simple = inner.iter().all(|atom| atom.kind != AtomKind::Html);
    (is_simple && open.starts_with("<font ")).then_some((open, close))
}

/// Returns the end of a part that is cut at `at`, and the rank of that cut.
///
/// The pairing of emphasis marks depends on their neighbours. White space at a cut has the effect of a line's end,
/// which changes nothing; at other cuts, neither side may be a mark.
fn place(source: &str, at: usize, kind: AtomKind, escapes: Escapes) -> Option<(usize, Rank)> {
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
    if (is_mark(last) && !escapes.before) || (is_mark(next) && kind != AtomKind::Link && !escapes.after) {
        return None;
    }
    if escapes.before {
        return Some((at, between(last, next)));
    }
    // Alone on a line, this would be a marker: a bullet, a number, a rule, or a heading's underline.
    let numbers = matches!(last, '.' | ')') && before[..at - 1].ends_with(|c: char| c.is_ascii_digit());
    if numbers || matches!(last, '#' | '-' | '+' | '=' | ':' | '|' | '>') {
        return None;
    }
    Some((at, between(last, next)))
}

/// Escaped characters or entities beside a cut. They are neither marks nor markers.
#[derive(Debug, Clone, Copy, Default)]
struct Escapes {
    before: bool,
    after: bool,
}

/// Check that the text on both sides of a cut is still of the same kind.
struct Sides<'a> {
    source: &'a str,
    is_heading: bool,
    /// Position of the last character that could end the label of a link's definition.
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

    /// Reports whether the part before the cut may end here, in the line that begins at `line`.
    fn may_end(&self, line: usize, end: usize) -> bool {
        if end <= line {
            return false; // Only white space.
        }
        if self.is_heading {
            // Trailing `#`s are decoration.
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

    /// Reports whether the part after the cut may begin with this atom.
    fn may_begin(&self, resume: usize, atom: &Atom) -> bool {
        let rest = &self.source[resume..];
        match atom.kind {
            AtomKind::Break => false,
            AtomKind::Text if rest.starts_with('[') => self.last_label.is_none_or(|label| label < resume),
            AtomKind::Text => !may_become_marker(rest),
            AtomKind::Solid => !rest.starts_with("```") && !rest.starts_with("~~~"),
            // A colon after it would make it the definition of a link.
            AtomKind::Link => !self.source[atom.range.end..].starts_with(':'),
            // The only tag that robots are known to use. Alone on its line, it would begin a block.
            AtomKind::Html => {
                let line = rest.lines().next().unwrap_or_default();
                let behind = line.split_once('>').map_or("", |(_, behind)| behind);
                line.starts_with("<font ") && !behind.trim_ascii().is_empty()
            }
        }
    }
}
