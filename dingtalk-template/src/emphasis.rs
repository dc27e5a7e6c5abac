//! CommonMark's pairing of emphasis marks.

/// A run of equal emphasis marks.
pub(crate) struct Run {
    pub(crate) symbol: char,
    pub(crate) start: usize,
    pub(crate) length: usize,
    /// Marks that are not part of a pair yet.
    pub(crate) left: usize,
    pub(crate) opens: bool,
    pub(crate) closes: bool,
    /// Some value beside it could make it open or close.
    pub(crate) could_pair: bool,
    pub(crate) region: Option<usize>,
}

/// One emphasis: where its marks begin, and how many there are on each side.
#[derive(PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) length: usize,
}

/// CommonMark's pairing of delimiter runs.
pub(crate) fn pair(runs: &mut [Run]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for closer in 0..runs.len() {
        while runs[closer].closes && runs[closer].left > 0 {
            let Some(opener) = (0..closer).rev().find(|&opener| runs[opener].pairs_with(&runs[closer]))
            else {
                break;
            };
            let length = if runs[opener].left >= 2 && runs[closer].left >= 2 { 2 } else { 1 };
            pairs.push(Pair {
                from: runs[opener].start + runs[opener].left - length,
                to: runs[closer].start + runs[closer].length - runs[closer].left,
                length,
            });
            runs[opener].left -= length;
            runs[closer].left -= length;
            for between in &mut runs[opener + 1..closer] {
                between.opens = false;
                between.closes = false;
            }
        }
    }
    pairs
}

impl Run {
    /// Can this run open what `closer` closes?
    fn pairs_with(&self, closer: &Self) -> bool {
        let both_ways = self.closes || closer.opens;
        let sum = self.length + closer.length;
        let rule_of_three = both_ways
            && sum.is_multiple_of(3)
            && !(self.length.is_multiple_of(3) && closer.length.is_multiple_of(3));
        self.opens
            && self.left > 0
            && self.symbol == closer.symbol
            && self.region == closer.region
            && !rule_of_three
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Space,
    Punctuation,
    Word,
}

/// Punctuation on which every Markdown parser agrees; other symbols count as letters, which is the stricter reading.
pub(crate) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '，' | '：' | '；' | '！' | '？' | '（' | '）' | '“' | '”' | '‘' | '’' | '…')
}
