//! Places where a body can be cut, and which of them is taken.

use super::json::{Sizes, escaped_len};

/// How good a place is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Between paragraphs, headings, whole lists.
    Block,
    /// Between lines, list items, table rows.
    Line,
    /// Behind a sentence.
    Sentence,
    /// Between words; between most characters of Chinese and Japanese.
    Word,
    /// Between any two grapheme clusters.
    Character,
}

/// A place where a body can be cut. What lies between the two positions is white space, and markers that `resumed`
/// repeats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Where the part before it ends.
    pub(super) end: usize,
    /// Where the part behind it begins.
    pub(super) resume: usize,
    pub(super) rank: Rank,
    /// Which of the body's [`Seam`]s keeps both sides whole.
    pub(super) seam: usize,
}

/// What is written on both sides of a cut, so that the blocks that it goes through are whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Seam {
    /// Ends the part before the cut: the fence of a code block.
    pub(super) close: String,
    /// Begins the part behind it: the markers of the quote, item, heading or table that goes on.
    pub(super) open: String,
}

/// A text and where it can be cut.
#[derive(Debug)]
pub(super) struct Body<'a> {
    source: &'a str,
    sizes: Sizes,
    cuts: Vec<Cut>,
    seams: Vec<Seam>,
}

/// Where the next part of a body begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    at: usize,
    seam: Option<usize>,
}

impl Position {
    pub(super) const START: Self = Self { at: 0, seam: None };
}

impl<'a> Body<'a> {
    /// The cuts need no order. Line breaks at the end of the text are left out.
    pub(super) fn new(source: &'a str, mut cuts: Vec<Cut>, seams: Vec<Seam>) -> Self {
        let source = source.trim_end_matches(['\n', '\r']);
        cuts.retain(|cut| cut.resume < source.len());
        cuts.sort_by_key(|cut| cut.end);
        Self { source, sizes: Sizes::new(source), cuts, seams }
    }

    /// All that is left, if it takes no more than `room` bytes inside a JSON string.
    pub(super) fn rest(&self, from: Position, room: usize) -> Option<String> {
        let open = self.open(from);
        let len = escaped_len(open) + self.sizes.between(from.at, self.source.len());
        (len <= room).then(|| format!("{open}{}", &self.source[from.at..]))
    }

    /// The next part, at most `room` bytes long inside a JSON string: cut at the best place that leaves it filled to at
    /// least `filled` hundredths, else at the last place between words, else at the last place. `None` if even the first
    /// one comes too late.
    pub(super) fn take(&self, from: Position, room: usize, filled: usize) -> Option<(String, Position)> {
        let open = self.open(from);
        let open_len = escaped_len(open);
        let mut good: Option<&Cut> = None;
        let mut between_words: Option<&Cut> = None;
        let mut last: Option<&Cut> = None;
        for cut in &self.cuts[self.cuts.partition_point(|cut| cut.end <= from.at)..] {
            let len = open_len + self.sizes.between(from.at, cut.end);
            if len > room {
                break;
            }
            let len = len + escaped_len(&self.seams[cut.seam].close);
            if len > room {
                continue;
            }
            if last.is_none_or(|last| last.end < cut.end || last.rank > cut.rank) {
                last = Some(cut);
            }
            if cut.rank < Rank::Character {
                between_words = last;
                let enough = len.saturating_mul(100) >= room.saturating_mul(filled);
                if enough && good.is_none_or(|good| good.rank >= cut.rank) {
                    good = Some(cut);
                }
            }
        }
        let cut = good.or(between_words).or(last)?;
        let part = format!("{open}{}{}", &self.source[from.at..cut.end], self.seams[cut.seam].close);
        Some((part, Position { at: cut.resume, seam: Some(cut.seam) }))
    }

    /// How many characters are left.
    pub(super) fn characters_left(&self, from: Position) -> usize {
        self.source[from.at..].chars().count()
    }

    fn open(&self, from: Position) -> &str {
        from.seam.map_or("", |seam| &self.seams[seam].open)
    }
}

/// All parts of a body, each at most `room` bytes long and at least half full where that is possible.
#[cfg(test)]
pub(super) fn cut_all(body: &Body<'_>, room: usize) -> Option<Vec<String>> {
    let mut position = Position::START;
    let mut parts = Vec::new();
    loop {
        if let Some(rest) = body.rest(position, room) {
            parts.push(rest);
            return Some(parts);
        }
        let (part, next) = body.take(position, room, 50)?;
        parts.push(part);
        position = next;
    }
}
