//! Emphasis in a line: CommonMark's pairing of marks, and a check that it holds for every value.

use crate::{
    inline::{Analysis, Mark},
    layout::Token,
    problem::Problem,
};

impl Analysis<'_, '_> {
    /// Pairs emphasis marks with each slot read as a word, escapes the marks without a partner, and refuses the line if
    /// another reading of its slots would pair differently.
    pub(crate) fn find_emphasis(&mut self) -> Result<(), Problem> {
        let mut runs = self.runs(&|_| Class::Word);
        let pairs = pair(&mut runs);
        for run in &runs {
            if run.left == run.length && run.could_pair {
                self.marks[run.start..run.start + run.length].fill(Mark::Escape);
            }
        }
        self.stable(&pairs)?;
        for pair in pairs {
            self.mark_pair(&pair);
        }
        Ok(())
    }

    /// Returns CommonMark's delimiter runs; `slot` gives the reading of the slot at a position.
    fn runs(&self, slot: &dyn Fn(usize) -> Class) -> Vec<Run> {
        let class = |at: Option<usize>| match at.and_then(|at| Some((at, self.tokens.get(at)?))) {
            None => Class::Space,
            Some((at, Token::Slot { .. })) => slot(at),
            Some((_, Token::Char(c))) if c.is_whitespace() => Class::Space,
            Some((_, Token::Char(c))) if is_punctuation(*c) => Class::Punctuation,
            Some(_) => Class::Word,
        };
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let Some(symbol @ ('*' | '_')) = self.char(at).filter(|_| self.marks[at] == Mark::None) else {
                at += 1;
                continue;
            };
            let length = (at..self.tokens.len())
                .take_while(|&i| self.char(i) == Some(symbol) && self.marks.get(i) == Some(&Mark::None))
                .count();
            let (before, after) = (class(at.checked_sub(1)), class(Some(at + length)));
            let left_flanking =
                after != Class::Space && (after != Class::Punctuation || before != Class::Word);
            let right_flanking =
                before != Class::Space && (before != Class::Punctuation || after != Class::Word);
            let (opens, closes) = if symbol == '*' {
                (left_flanking, right_flanking)
            } else {
                (
                    left_flanking && (!right_flanking || before == Class::Punctuation),
                    right_flanking && (!left_flanking || after == Class::Punctuation),
                )
            };
            let spaced = before == Class::Space && after == Class::Space;
            let inside_word = symbol == '_'
                && at > 0
                && self.char(at - 1).is_some_and(char::is_alphanumeric)
                && self.char(at + length).is_some_and(char::is_alphanumeric);
            runs.push(Run {
                symbol,
                start: at,
                length,
                left: length,
                opens,
                closes,
                could_pair: !spaced && !inside_word,
                region: self.region(at),
            });
            at += length;
        }
        runs
    }

    /// Checks that the same marks pair for all values: words, punctuation and empty ones.
    fn stable(&self, pairs: &[Pair]) -> Result<(), Problem> {
        let slots: Vec<usize> = (0..self.tokens.len()).filter(|&at| self.slot(at).is_some()).collect();
        let paired = |reading: &dyn Fn(usize) -> Class| pair(&mut self.runs(reading));
        let either = |this: bool| if this { Class::Punctuation } else { Class::Word };
        for &odd in &slots {
            let alone = paired(&|at| either(at == odd));
            let others = paired(&|at| either(at != odd));
            let all = paired(&|_| Class::Punctuation);
            // With an empty value, the marks on both sides of it would touch.
            let touches = odd > 0
                && self.char(odd - 1).is_some_and(|c| matches!(c, '*' | '_'))
                && self.char(odd - 1) == self.char(odd + 1)
                && self.marks[odd - 1] == Mark::None
                && self.marks[odd + 1] == Mark::None
                && !pairs.iter().any(|pair| pair.from + pair.length == odd && pair.to == odd + 1);
            if alone != pairs || others != pairs || all != pairs || touches {
                return Err(self.unstable(odd));
            }
        }
        let runs = self.runs(&|_| Class::Word);
        // The marks in `disk_usage` and `2 * 3` cannot pair with any value.
        let marks: usize = runs.iter().filter(|run| run.could_pair).map(|run| run.length).sum();
        if marks != pairs.iter().map(|pair| 2 * pair.length).sum::<usize>() {
            return Err(Problem::new(
                "emphasis marks that do not pair; to show a mark itself, write it behind a backslash: `\\\\*`",
            ));
        }
        Ok(())
    }

    fn unstable(&self, slot: usize) -> Problem {
        let beside_mark = |at: usize| {
            [at.checked_sub(1), Some(at + 1)]
                .into_iter()
                .flatten()
                .find_map(|at| self.char(at).filter(|c| matches!(c, '*' | '_')))
        };
        let (slot, mark) = std::iter::once(slot)
            .chain(0..self.tokens.len())
            .find_map(|at| Some((self.slot(at)?, beside_mark(at)?)))
            .unwrap_or((self.slot(slot).unwrap_or_default(), '*'));
        Problem::at_slot(
            slot,
            format!(
                "put white space outside the `{mark}` marks beside `{{{slot}}}`: with a value that is empty, or begins \
                 or ends with punctuation, other text would be emphasised"
            ),
        )
    }

    fn mark_pair(&mut self, pair: &Pair) {
        let &Pair { from, to, length } = pair;
        if self.slot_within(from, to).is_none() {
            self.marks[from..from + length].fill(Mark::Syntax);
            self.marks[to..to + length].fill(Mark::Syntax);
            return;
        }
        let marks = u8::try_from(length).unwrap_or(1);
        self.marks[from] = Mark::Open(marks);
        self.marks[to] = Mark::Close(marks);
        if length == 2 {
            self.marks[from + 1] = Mark::Joined;
            self.marks[to + 1] = Mark::Joined;
        }
    }
}

/// A run of equal emphasis marks.
struct Run {
    symbol: char,
    start: usize,
    length: usize,
    /// Marks that are not part of a pair yet.
    left: usize,
    opens: bool,
    closes: bool,
    /// True if some value beside it could make it open or close.
    could_pair: bool,
    region: Option<usize>,
}

/// One emphasis: the positions of its marks, and their number on each side.
#[derive(PartialEq, Eq)]
struct Pair {
    from: usize,
    to: usize,
    length: usize,
}

/// Pairs delimiter runs as CommonMark does.
fn pair(runs: &mut [Run]) -> Vec<Pair> {
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
    /// Reports whether this run can open the emphasis that `closer` closes.
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
enum Class {
    Space,
    Punctuation,
    Word,
}

/// Reports whether every Markdown parser counts the character as punctuation. Other symbols count as letters, the
/// stricter reading.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '，' | '：' | '；' | '！' | '？' | '（' | '）' | '“' | '”' | '‘' | '’' | '…')
}
