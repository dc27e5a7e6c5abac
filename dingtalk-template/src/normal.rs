//! Normalization of text from outside: line breaks, the byte order mark, escape sequences of terminals.

use std::borrow::Cow;

use crate::bytes::INVISIBLE;

const BYTE_ORDER_MARK: char = '\u{feff}';
const ESCAPE: char = '\u{1b}';

/// Returns the text with `\n` for each line break, without a byte order mark at its start, and without the escape
/// sequences of terminals, such as colours.
///
/// ```
/// assert_eq!(dingtalk_template::normalize("50%\r60%\u{2028}\u{1b}[31mFAILED\u{1b}[0m"), "50%\n60%\nFAILED");
/// ```
pub fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let Some(first) = INVISIBLE.find(text, 0) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    out.extend(Characters { rest: &text[first..], at_start: first == 0 });
    Cow::Owned(out)
}

/// Characters of a normalized text, without a copy of it.
#[derive(Clone)]
pub(crate) struct Characters<'a> {
    rest: &'a str,
    /// True until the first character, before which a byte order mark is removed.
    at_start: bool,
}

impl<'a> Characters<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { rest: text, at_start: true }
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let c = self.rest.chars().next()?;
            let sequence = escape_sequence(self.rest);
            if sequence > 0 {
                self.rest = &self.rest[sequence..];
                continue;
            }
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\r' && self.rest.starts_with('\n') || self.at_start && c == BYTE_ORDER_MARK {
                continue;
            }
            self.at_start = false;
            return Some(if is_line_break(c) { '\n' } else { c });
        }
    }
}

pub(crate) fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Reports whether a character is text. Control characters and direction overrides are not, and could deceive a reader.
pub(crate) fn carries_text(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reports whether the character at this position stays when a text is put on one line.
pub(crate) fn stays_in_line(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_none_or(|c| carries_text(c) && !is_line_break(c))
}

/// Returns a text of several lines without what is no text.
pub(crate) fn clean(text: &str) -> String {
    Characters::of(text).filter(|c| carries_text(*c) || matches!(c, '\n' | '\t')).collect()
}

/// Reports whether the text begins with a byte order mark.
pub(crate) fn is_marked(text: &str) -> bool {
    text.starts_with(BYTE_ORDER_MARK)
}

/// Returns the length of the escape sequence (ECMA-48) at the start of a text, in bytes; 0 if there is none.
fn escape_sequence(text: &str) -> usize {
    let mut characters = text.chars();
    let (introducer, kind) = match characters.next() {
        Some(ESCAPE) => match characters.next() {
            Some(c @ (' '..='~')) => (2, c),
            _ => return 1,
        },
        // The same introducers as one control character.
        Some(c @ ('\u{90}' | '\u{98}' | '\u{9b}'..='\u{9f}')) => {
            (c.len_utf8(), char::from_u32(u32::from(c) - 0x40).unwrap_or(c))
        }
        _ => return 0,
    };
    let behind = &text[introducer..];
    match kind {
        '[' => introducer + control_sequence(behind),
        ']' | 'P' | 'X' | '^' | '_' => introducer + control_string(behind),
        ' '..='/' => {
            let intermediate = span(behind, ' '..='/');
            introducer + intermediate + span(&behind[intermediate..], '0'..='~').min(1)
        }
        _ => introducer,
    }
}

/// Returns the length of the parameters and the final character of a control sequence.
fn control_sequence(text: &str) -> usize {
    let parameters = span(text, '0'..='?');
    let intermediate = parameters + span(&text[parameters..], ' '..='/');
    intermediate + span(&text[intermediate..], '@'..='~').min(1)
}

/// Returns the length of a control string with its terminator; 0 without one in the same line, where it would hide
/// text.
fn control_string(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        match c {
            '\u{7}' | '\u{9c}' => return at + c.len_utf8(),
            ESCAPE if text[at + 1..].starts_with('\\') => return at + 2,
            c if is_line_break(c) => return 0,
            _ => {}
        }
    }
    0
}

fn span(text: &str, range: std::ops::RangeInclusive<char>) -> usize {
    text.len() - text.trim_start_matches(|c| range.contains(&c)).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_line_break_is_one() {
        for line_break in ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(normalize(&format!("50%{line_break}60%")), "50%\n60%", "{line_break:?}");
        }
        assert_eq!(normalize("a\r\r\nb\n\rc"), "a\n\nb\n\nc");
    }

    #[test]
    fn escape_sequences_go_whole() {
        for sequence in [
            "\u{1b}[31m",
            "\u{1b}[0m",
            "\u{1b}[38;5;196m",
            "\u{1b}[K",
            "\u{1b}[?25l",
            "\u{1b}[2 q",
            "\u{9b}1m",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;https://e.com\u{1b}\\",
            "\u{9d}0;title\u{9c}",
            "\u{1b}P1$r\u{1b}\\",
            "\u{1b}(B",
            "\u{1b}#8",
            "\u{1b}c",
            "\u{1b}7",
            "\u{1b}=",
            "\u{1b}\\",
        ] {
            assert_eq!(normalize(&format!("a{sequence}中")), "a中", "{sequence:?}");
        }
        // Sequences that do not end hide no text.
        for (broken, rest) in [
            ("\u{1b}", ""),
            ("\u{1b}中", "中"),
            ("\u{1b}[中", "中"),
            ("\u{1b}[3", ""),
            ("\u{1b}]0;title\nb", "0;title\nb"),
            ("\u{1b}\u{1b}[1mb", "b"),
        ] {
            assert_eq!(normalize(broken), rest, "{broken:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_goes() {
        assert_eq!(normalize("\u{feff}a\u{feff}b"), "a\u{feff}b");
        assert_eq!(normalize("\u{1b}[1m\u{feff}a"), "a");
    }

    proptest! {
        #[test]
        fn text_without_controls_stays(text in "[ -~中é，\n\t]{0,40}") {
            prop_assert_eq!(normalize(&text), text.as_str());
        }

        #[test]
        fn no_sequence_and_no_other_line_break_is_left(text in "([ -~]|\u{1b}|\u{9b}|\u{9d}|\r|\n|\u{85}|\u{2028}|\u{7}|中){0,30}") {
            let normal = normalize(&text);
            prop_assert!(!normal.contains(|c| c == ESCAPE || ('\u{80}'..='\u{9f}').contains(&c)), "{:?}", normal);
            prop_assert!(!normal.contains(|c| c != '\n' && is_line_break(c)), "{:?}", normal);
            prop_assert_eq!(normalize(&normal), normal.as_ref());
        }
    }
}
