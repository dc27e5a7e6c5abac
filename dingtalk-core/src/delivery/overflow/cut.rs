//! Cuts in a body, and the choice between them.

use super::json::{Sizes, escaped_len};

/// Rank of a cut, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Between paragraphs, headings, whole lists.
    Block,
    /// Between lines, list items, table rows.
    Line,
    /// After a sentence.
    Sentence,
    /// Between words, and between most characters of Chinese and Japanese.
    Word,
    /// Between any two grapheme clusters.
    Character,
    /// Between words inside emphasis, the text of a link, or inline code, which continues after the cut.
    Inside,
    /// Within a word inside of these.
    InsideWord,
}

/// A position at which a body can be cut. Between `end` and `resume` are only white space and markers that the seam
/// repeats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// End of the part before the cut.
    pub(super) end: usize,
    /// Beginning of the part after the cut.
    pub(super) resume: usize,
    pub(super) rank: Rank,
    /// Index of the [`Seam`] that keeps both sides valid.
    pub(super) seam: usize,
}

/// Text inserted on both sides of a cut, so that the blocks around it are complete.
#[derive(Debug, Clone, Default)]
pub(super) struct Seam {
    /// Text that ends the part before the cut: the fence of a code block.
    pub(super) close: String,
    /// Text that begins the part after the cut: the markers of the quote, item, heading or table that continues.
    pub(super) open: String,
}

/// A part is nearly empty if a worse cut would make it more than this many times as long.
const NEARLY_EMPTY: usize = 10;

/// A text and its cuts.
#[derive(Debug)]
pub(super) struct Body<'a> {
    source: &'a str,
    sizes: Sizes,
    cuts: Vec<Cut>,
    seams: Vec<Seam>,
}

/// Beginning of the next part of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    at: usize,
    seam: Option<usize>,
}

impl Position {
    pub(super) const START: Self = Self { at: 0, seam: None };
}

impl<'a> Body<'a> {
    /// Creates a body. The cuts need no order. Line breaks at the end of the text are omitted.
    pub(super) fn new(source: &'a str, mut cuts: Vec<Cut>, seams: Vec<Seam>) -> Self {
        let source = source.trim_end_matches(['\n', '\r']);
        let blank = source.trim_end().len();
        cuts.retain(|cut| cut.resume < blank);
        cuts.sort_by_key(|cut| cut.end);
        Self { source, sizes: Sizes::new(source), cuts, seams }
    }

    /// Returns the rest of the body, if it takes at most `room` bytes inside a JSON string.
    pub(super) fn rest(&self, from: Position, room: usize) -> Option<String> {
        let open = self.open(from);
        let len = escaped_len(open) + self.sizes.between(from.at, self.source.len());
        (len <= room).then(|| format!("{open}{}", &self.source[from.at..]))
    }

    /// Returns the next part, of at most `room` bytes inside a JSON string. It is cut at the best cut that leaves it
    /// filled to at least `filled` hundredths, or else at the last cut between words, or else at the last cut. Returns
    /// `None` if even the first cut is too late. A part is never blank.
    pub(super) fn take(&self, from: Position, room: usize, filled: usize) -> Option<(String, Position)> {
        let open = self.open(from);
        let open_len = escaped_len(open);
        let mut good: Option<&Cut> = None;
        let mut between_words: Option<&Cut> = None;
        let mut last: Option<&Cut> = None;
        let mut inside: Option<&Cut> = None;
        let mut in_word: Option<&Cut> = None;
        let blank = self.source[from.at..].len() - self.source[from.at..].trim_start().len();
        for cut in &self.cuts[self.cuts.partition_point(|cut| cut.end <= from.at + blank)..] {
            let len = open_len + self.sizes.between(from.at, cut.end);
            if len > room {
                break;
            }
            let len = len + escaped_len(&self.seams[cut.seam].close);
            if len > room {
                continue;
            }
            match cut.rank {
                Rank::Inside => inside = Some(cut),
                Rank::InsideWord => in_word = Some(cut),
                _ => {}
            }
            if cut.rank >= Rank::Inside {
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
        let whole = good.or(between_words).or(last);
        let cut = unless_nearly_empty(from, whole, unless_nearly_empty(from, inside, in_word))?;
        let part = format!("{open}{}{}", &self.source[from.at..cut.end], self.seams[cut.seam].close);
        Some((part, Position { at: cut.resume, seam: Some(cut.seam) }))
    }

    /// Returns the number of characters that are left.
    pub(super) fn characters_left(&self, from: Position) -> usize {
        self.source[from.at..].chars().count()
    }

    fn open(&self, from: Position) -> &str {
        from.seam.map_or("", |seam| &self.seams[seam].open)
    }
}

/// Returns the good cut, or the worse one if the good one leaves the part nearly empty.
fn unless_nearly_empty<'a>(from: Position, good: Option<&'a Cut>, worse: Option<&'a Cut>) -> Option<&'a Cut> {
    let len = |cut: &Cut| cut.end - from.at;
    match (good, worse) {
        (Some(good), Some(worse)) if len(good).saturating_mul(NEARLY_EMPTY) < len(worse) => Some(worse),
        (good, worse) => good.or(worse),
    }
}

/// Returns all parts of a body, each of at most `room` bytes and, if possible, at least half full.
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
