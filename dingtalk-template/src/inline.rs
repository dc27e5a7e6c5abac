//! Slots in a line of Markdown: the construct around each slot, and a check that no value can change it.
//!
//! The line is read with each slot as a word. The result must hold for every value: emphasis that the first or last
//! character of a value could undo is refused, and a mark that opens nothing is escaped, so that neither a value nor
//! another line completes it.

use crate::{
    layout::Token,
    problem::Problem,
    table::{LineCode, Piece, SlotContext},
    target::{check_static, in_url, push_url_piece, slots_in_url},
    url::{SLOT, UrlPiece},
};

/// Analyses the tokens of one line.
pub(crate) fn analyse<'t, 'a>(tokens: &'t [Token<'a>]) -> Result<Analysis<'t, 'a>, Problem> {
    let mut line = Analysis { tokens, marks: vec![Mark::None; tokens.len()], links: Vec::new() };
    line.find_links()?;
    line.find_emphasis()?;
    Ok(line)
}

/// The result of the analysis for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    /// Part of a known construct: written unchanged, and not an emphasis mark.
    Fixed,
    /// Part of a known construct, but not visible text: a backslash, a mark, a bracket.
    Syntax,
    /// Written with a backslash, because a value beside it could make it active.
    Escape,
    /// A run of this number of opening emphasis marks around slots.
    Open(u8),
    /// A run of this number of closing emphasis marks around slots.
    Close(u8),
    /// The second of two emphasis marks, written with the first.
    Joined,
}

/// `[text](target)`, by the positions of its brackets.
struct Link {
    open: usize,
    middle: usize,
    end: usize,
    image: bool,
    /// The target, if it has slots in its path, query or fragment.
    url: Option<Vec<UrlPiece>>,
}

pub(crate) struct Analysis<'t, 'a> {
    pub(crate) tokens: &'t [Token<'a>],
    pub(crate) marks: Vec<Mark>,
    links: Vec<Link>,
}

impl<'a> Analysis<'_, 'a> {
    pub(crate) fn char(&self, at: usize) -> Option<char> {
        match self.tokens.get(at) {
            Some(Token::Char(c)) => Some(*c),
            _ => None,
        }
    }

    pub(crate) fn slot(&self, at: usize) -> Option<&'a str> {
        match self.tokens.get(at) {
            Some(Token::Slot { name, .. }) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn slot_within(&self, from: usize, to: usize) -> Option<&'a str> {
        (from..to).find_map(|at| self.slot(at))
    }

    pub(crate) fn fix(&mut self, from: usize, to: usize) {
        self.marks[from..to].fill(Mark::Fixed);
    }

    /// Finds the constructs that take precedence over emphasis: escapes, code, autolinks, links.
    fn find_links(&mut self) -> Result<(), Problem> {
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let Some(c) = self.char(at) else {
                at += 1;
                continue;
            };
            match c {
                '\\' => at = self.backslash(at),
                '`' => at = self.code_span(at)?,
                '<' => at = self.angle(at)?,
                '&' => at = self.ampersand(at),
                '~' => at = self.tilde(at)?,
                '[' => {
                    open.push(at);
                    at += 1;
                }
                ']' => {
                    at = match open.pop() {
                        Some(from) => self.link(from, at)?,
                        None => self.stray_bracket(at),
                    }
                }
                _ => at += 1,
            }
        }
        Ok(())
    }

    fn backslash(&mut self, at: usize) -> usize {
        match self.tokens.get(at + 1) {
            Some(Token::Char(next)) if next.is_ascii_punctuation() => {
                self.marks[at] = Mark::Syntax;
                self.fix(at + 1, at + 2);
                at + 2
            }
            // Before a value, it would escape; at the end, it would break the line.
            Some(Token::Slot { .. }) | None => {
                self.marks[at] = Mark::Escape;
                at + 1
            }
            Some(Token::Char(_)) => at + 1,
        }
    }

    fn code_span(&mut self, at: usize) -> Result<usize, Problem> {
        let run = |from: usize| (from..self.tokens.len()).take_while(|&i| self.char(i) == Some('`')).count();
        let length = run(at);
        let mut close = at + length;
        while close < self.tokens.len() {
            match run(close) {
                0 => close += 1,
                found if found == length => {
                    return Err(match self.slot_within(at, close) {
                        Some(slot) => Problem::at_slot(
                            slot,
                            format!(
                                "`{{{slot}}}` stands inside a code span, where no value can be made safe; \
                                 remove the backticks"
                            ),
                        ),
                        None => Problem::new(
                            "DingTalk renders no code in a robot's message: remove the backticks, or write `\\\\` \
                             before each to show it",
                        ),
                    });
                }
                found => close += found,
            }
        }
        self.marks[at..at + length].fill(Mark::Escape);
        Ok(at + length)
    }

    fn angle(&mut self, at: usize) -> Result<usize, Problem> {
        let tag = self.char(at + 1).is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        // An address in angle brackets has no white space.
        let reaches_slot = (at + 1..self.tokens.len())
            .find(|&i| self.char(i).is_none_or(char::is_whitespace))
            .is_some_and(|i| self.slot(i).is_some());
        if !tag && !reaches_slot {
            return Ok(at + 1);
        }
        match (at..self.tokens.len()).find(|&i| self.char(i) == Some('>')) {
            Some(end) if tag && (at + 1..end).all(|i| self.char(i).is_some_and(stands_in_tag)) => {
                let inside: String = (at + 1..end).filter_map(|i| self.char(i)).collect();
                Err(Problem::new(if inside.contains("://") {
                    format!("DingTalk makes no link of `<{inside}>`: write `[{inside}]({inside})`")
                } else {
                    format!(
                        "DingTalk renders no HTML in a robot's message: remove `<{inside}>`, or write `\\\\<` to show \
                         the sign itself"
                    )
                }))
            }
            _ => {
                self.marks[at] = Mark::Escape;
                Ok(at + 1)
            }
        }
    }

    /// Escapes an `&` that could form an entity with a value.
    fn ampersand(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        while self.char(next).is_some_and(|c| c.is_ascii_alphanumeric() || c == '#') {
            next += 1;
        }
        if self.slot(next).is_some() {
            self.marks[at] = Mark::Escape;
        }
        at + 1
    }

    fn tilde(&mut self, at: usize) -> Result<usize, Problem> {
        if self.char(at + 1) == Some('~') {
            return Err(Problem::new("DingTalk renders no strikethrough; remove the `~~`"));
        }
        // It could close strikethrough that a value's `~` opened.
        self.marks[at] = Mark::Escape;
        Ok(at + 1)
    }

    /// Escapes a bracket without a partner, which could close one that a value opened.
    fn stray_bracket(&mut self, at: usize) -> usize {
        let completed = matches!(self.char(at + 1), Some('(' | '[' | ':')) || self.slot(at + 1).is_some();
        if completed {
            self.marks[at] = Mark::Escape;
        }
        at + 1
    }

    fn link(&mut self, open: usize, middle: usize) -> Result<usize, Problem> {
        if self.char(middle + 1) != Some('(') {
            return Ok(self.stray_bracket(middle));
        }
        let from = middle + 2;
        let mut depth = 0;
        let mut end = from;
        loop {
            match self.tokens.get(end) {
                Some(Token::Char('(')) => depth += 1,
                Some(Token::Char(')')) if depth == 0 => break,
                Some(Token::Char(')')) => depth -= 1,
                Some(_) => {}
                None => return Ok(self.stray_bracket(middle)),
            }
            end += 1;
        }
        let image = open > 0 && self.char(open - 1) == Some('!') && self.marks[open - 1] == Mark::None;
        // CommonMark would show the outer link as text, with its brackets and its target.
        if !image && self.links.iter().any(|link| !link.image && open < link.open && link.end < middle) {
            return Err(Problem::new("a link stands inside another link's text; put one behind the other"));
        }
        let url = self.target(from, end, image)?;
        self.fix(open, open + 1);
        self.fix(middle, end + 1);
        if image {
            self.marks[open - 1] = Mark::Syntax;
        }
        self.links.push(Link { open, middle, end, image, url });
        Ok(end + 1)
    }

    /// Checks the target of a link; returns its pieces if it is a URL with slots.
    fn target(&self, from: usize, end: usize, image: bool) -> Result<Option<Vec<UrlPiece>>, Problem> {
        let target: String = (from..end).map(|at| self.char(at).unwrap_or(SLOT)).collect();
        let slots: Vec<(&str, &str)> = self.tokens[from..end]
            .iter()
            .filter_map(|token| match token {
                Token::Slot { name, spec } => Some((*name, *spec)),
                Token::Char(_) => None,
            })
            .collect();
        match slots.len() {
            0 => check_static(&target, image).map(|()| None),
            // The whole target is a value.
            1 if end == from + 1 => Ok(None),
            _ => slots_in_url(&target, &slots).map(Some),
        }
    }

    /// Returns the innermost link whose text contains this token.
    pub(crate) fn region(&self, at: usize) -> Option<usize> {
        self.links
            .iter()
            .enumerate()
            .filter(|(_, link)| link.open < at && at < link.middle)
            .max_by_key(|(_, link)| link.open)
            .map(|(index, _)| index)
    }

    /// Writes the line as Markdown; `value` returns the index of a slot's value.
    pub(crate) fn write(&self, line: &mut LineCode, value: &mut dyn FnMut(&str, &str) -> u16) {
        for (at, token) in self.tokens.iter().enumerate() {
            if self.write_url(at, line, value) {
                continue;
            }
            match token {
                Token::Slot { name, spec } => line.push(Piece::Slot {
                    value: value(name, spec),
                    context: self.context(at),
                    before: at.checked_sub(1).map_or('\n', |i| self.char(i).unwrap_or('\0')),
                    after: if at + 1 == self.tokens.len() { '\n' } else { self.char(at + 1).unwrap_or('\0') },
                }),
                Token::Char(c) => self.write_char(line, at, *c),
            }
        }
    }

    /// Writes the line as plain text, without marks; the target of a link follows its text in parentheses.
    pub(crate) fn write_plain(&self, line: &mut LineCode, value: &mut dyn FnMut(&str, &str) -> u16) {
        for (at, token) in self.tokens.iter().enumerate() {
            if self.write_url(at, line, value) {
                continue;
            }
            match token {
                Token::Slot { name, spec } => line.push(Piece::Slot {
                    value: value(name, spec),
                    context: SlotContext::Plain,
                    before: '\n',
                    after: '\n',
                }),
                Token::Char(c) => match self.marks[at] {
                    Mark::Syntax | Mark::Open(_) | Mark::Close(_) | Mark::Joined => {}
                    _ if self.links.iter().any(|link| link.open == at) => {}
                    _ if self.links.iter().any(|link| link.middle == at) => line.text(' '),
                    Mark::None | Mark::Fixed | Mark::Escape => line.text(*c),
                },
            }
        }
    }

    /// Writes a URL with slots when its first token is reached. Returns `true` if the token belongs to such a URL.
    fn write_url(&self, at: usize, written: &mut LineCode, value: &mut dyn FnMut(&str, &str) -> u16) -> bool {
        let Some((link, pieces)) = self.links.iter().find_map(|link| {
            let belongs = link.middle + 1 < at && at < link.end;
            Some((link, link.url.as_ref().filter(|_| belongs)?))
        }) else {
            return false;
        };
        if at == link.middle + 2 {
            let mut slots = self.tokens[at..link.end].iter().filter_map(|token| match token {
                Token::Slot { name, spec } => Some((name, spec)),
                Token::Char(_) => None,
            });
            for piece in pieces {
                let slot = if *piece == UrlPiece::Slot { slots.next() } else { None };
                push_url_piece(written, piece, slot.map_or(0, |(name, spec)| value(name, &in_url(spec))));
            }
        }
        true
    }

    fn write_char(&self, written: &mut LineCode, at: usize, c: char) {
        // The brackets of a link are pieces only if its text has slots and can therefore be empty.
        let around = self.links.iter().find(|link| {
            [link.open, link.middle, link.middle + 1, link.end].contains(&at)
                || (link.image && at + 1 == link.open)
        });
        if let Some(link) = around.filter(|link| self.slot_within(link.open, link.middle).is_some()) {
            match at {
                _ if at == link.open => written.push(Piece::LinkOpen(if link.image { "![" } else { "[" })),
                _ if at == link.middle => written.push(Piece::LinkTarget),
                _ if at == link.end => written.push(Piece::LinkClose),
                // The exclamation mark and the parenthesis are written with the bracket beside them.
                _ => {}
            }
            return;
        }
        let marks = |count: u8| -> String { std::iter::repeat_n(c, count.into()).collect() };
        match self.marks[at] {
            Mark::None | Mark::Fixed | Mark::Syntax => written.text(c),
            Mark::Escape => {
                written.text('\\');
                written.text(c);
            }
            Mark::Open(count) => written.push(Piece::Open(&marks(count))),
            Mark::Close(count) => written.push(Piece::Close(&marks(count))),
            Mark::Joined => {}
        }
    }

    fn context(&self, at: usize) -> SlotContext {
        if self.links.iter().any(|link| link.middle < at && at < link.end) {
            SlotContext::LinkTarget
        } else if self.region(at).is_some() {
            SlotContext::LinkText
        } else {
            SlotContext::Markdown
        }
    }
}

/// Reports whether a character may be inside a tag or an address in angle brackets, which have no other Markdown.
fn stands_in_tag(c: char) -> bool {
    !matches!(c, '*' | '[' | ']' | '(' | ')' | '`' | '<' | '\\')
}
