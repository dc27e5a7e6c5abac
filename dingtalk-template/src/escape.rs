//! Escaping of values, just enough to keep a value from changing the structure of the message around it.
//!
//! The rules are CommonMark's, because DingTalk documents only which constructs it renders. Other senders rely on
//! backslash escapes in production.

use std::ops::Range;

use crate::{
    block::protect_start,
    bytes::INVISIBLE_OR_ACTIVE,
    normal::{clean, stays_in_line},
};

/// Escapes text for a paragraph, independently of the text before and after it. Line breaks become hard line breaks.
/// White space that Markdown would remove, such as blank lines and indentation, becomes `&nbsp;`. The result is not
/// safe in the text of a link, or directly before a link.
///
/// ```
/// assert_eq!(dingtalk_template::escape_markdown("*a* < b_c\n# d"), "\\*a\\* < b_c  \n  \\# d");
/// ```
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let anywhere = Context { in_link: false, before: '\0', after: '\0' };
    push_lines(&mut out, clean(text).trim(), &anywhere);
    out
}

/// White space that Markdown does not remove.
const SPACE: &str = "&nbsp;";

/// Number of spaces for a tab.
const TAB: usize = 4;

/// Writes lines that are to be read as they are written, each with the same surroundings. Blank lines at both ends are
/// omitted, and white space at the end of a line.
pub(crate) fn push_lines(out: &mut String, text: &str, context: &Context) {
    let start = out.len();
    let mut blank = 0;
    for line in text.split('\n').map(str::trim_end) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if out.len() > start {
            for _ in 0..blank {
                out.push_str("  \n  ");
                out.push_str(SPACE);
            }
            out.push_str("  \n  ");
        }
        blank = 0;
        push_spaced(out, line, context);
    }
}

/// Writes one line with all of its spaces.
fn push_spaced(out: &mut String, line: &str, context: &Context) {
    let start = out.len();
    let text = line.trim_start_matches([' ', '\t']);
    let mut before = context.before;
    if text.len() < line.len() {
        push_spaces(out, width(&line[..line.len() - text.len()]));
        before = ';';
    }
    let mut rest = text;
    while !rest.is_empty() {
        let end = gap(rest).unwrap_or(rest.len());
        let (words, behind) = rest.split_at(end);
        rest = behind.trim_start_matches([' ', '\t']);
        let spaces = width(&behind[..behind.len() - rest.len()]);
        let after = if spaces > 0 { ' ' } else { context.after };
        push_escaped(out, words, 0, &Context { before, after, ..*context });
        if spaces > 0 {
            // The first one separates the words for Markdown, too.
            out.push(' ');
            push_spaces(out, spaces - 1);
            before = ';';
        }
    }
    // An exclamation mark has a meaning only directly before a link, which nothing adds there.
    if context.after == '\0' && line.ends_with('!') {
        out.truncate(out.len() - 2);
        out.push('!');
    }
    protect_start(out, start);
}

/// Returns the position of the next white space that Markdown would fold.
fn gap(text: &str) -> Option<usize> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let wide = |pair: &[u8]| pair[0] == b'\t' || pair.iter().all(is_space);
    text.as_bytes().windows(2).position(wide)
}

/// Returns the number of columns of spaces and tabs.
fn width(spaces: &str) -> usize {
    spaces.bytes().map(|byte| if byte == b'\t' { TAB } else { 1 }).sum()
}

fn push_spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(SPACE, count));
}

/// The surroundings of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) in_link: bool,
    pub(crate) before: char,
    pub(crate) after: char,
}

/// Appends a line of text, escaped. Stops and returns false if the text is not one line, because the meaning of a
/// character depends on the visible text after it.
pub(crate) fn push_escaped(out: &mut String, text: &str, from: usize, context: &Context) -> bool {
    let mut reading = Reading { text, context, word: 0..0, run: false };
    let mut copied = 0;
    let mut from = from;
    // A text with one such character has more, and is short between them.
    while let Some(next) = text.as_bytes()[from..].iter().position(|byte| INVISIBLE_OR_ACTIVE.has(*byte)) {
        let at = from + next;
        from = at + 1;
        if !text.as_bytes()[at].is_ascii_punctuation() {
            if !stays_in_line(text, at) {
                return false;
            }
        } else if reading.makes_active(at) {
            out.push_str(&text[copied..at]);
            out.push('\\');
            copied = at;
        }
    }
    out.push_str(&text[copied..]);
    true
}

/// Finds the characters of a text that need a backslash.
struct Reading<'a> {
    text: &'a str,
    context: &'a Context,
    /// Range from the last `@` to the end of the word in which the last `<` was found.
    word: Range<usize>,
    /// True if the underscore before this one is escaped.
    run: bool,
}

impl Reading<'_> {
    /// Reports whether Markdown would give the character at this position a meaning.
    fn makes_active(&mut self, at: usize) -> bool {
        let next = self.char_from(at + 1);
        let last = at + 1 == self.text.len();
        match self.text.as_bytes()[at] {
            b'`' => true,
            b'\\' => next.is_ascii_punctuation() || (last && matches!(next, '\n' | '\0')),
            b'*' => !self.spaced(at, next),
            b'_' => {
                if at == 0 || self.text.as_bytes()[at - 1] != b'_' {
                    self.run = !self.spaced(at, next) && !self.inside_word(at);
                }
                self.run
            }
            b'[' => self.context.in_link,
            b']' => self.context.in_link || matches!(next, '(' | '[' | ':' | '\0'),
            b'!' => last && matches!(next, '[' | '\0'),
            b'<' => self.begins_tag(at, next),
            b'&' => self.begins_entity(at),
            // After white space it can only open, and no `~` in a value closes.
            b'~' => matches!(next, '~' | '\0') || !self.char_before(at).is_whitespace(),
            _ => false,
        }
    }

    fn char_from(&self, at: usize) -> char {
        self.text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(self.context.after)
    }

    fn char_before(&self, at: usize) -> char {
        self.text[..at].chars().next_back().unwrap_or(self.context.before)
    }

    fn spaced(&self, at: usize, next: char) -> bool {
        next.is_whitespace() && self.char_before(at).is_whitespace()
    }

    /// Reports whether the run of underscores that begins here is between two letters, where it is not emphasis.
    fn inside_word(&self, at: usize) -> bool {
        let run = self.text.as_bytes()[at..].iter().take_while(|&&byte| byte == b'_').count();
        self.char_before(at).is_alphanumeric() && self.char_from(at + run).is_alphanumeric()
    }

    /// Reports whether HTML or an address in angle brackets begins here.
    fn begins_tag(&mut self, at: usize, next: char) -> bool {
        let text = self.text;
        if next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?') {
            return true;
        }
        if next.is_whitespace() {
            return false;
        }
        if at >= self.word.end {
            let end = text[at..].find(char::is_whitespace).map_or(text.len(), |length| at + length);
            self.word = text[at..end].rfind('@').map_or(at, |length| at + length)..end;
        }
        let reaches_on = self.word.end == text.len() && !self.context.after.is_whitespace();
        self.word.start > at || reaches_on
    }

    fn begins_entity(&self, at: usize) -> bool {
        let rest = &self.text[at + 1..];
        let name = rest.strip_prefix('#').unwrap_or(rest);
        let after_name = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        match after_name.chars().next() {
            Some(c) => c == ';' && after_name.len() < name.len(),
            None => {
                matches!(self.context.after, ';' | '#' | '\0') || self.context.after.is_ascii_alphanumeric()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::write_line;

    fn escaped(value: &str) -> String {
        let (mut joined, mut out) = (String::new(), String::new());
        write_line(&mut joined, value);
        push_escaped(&mut out, &joined, 0, &Context { in_link: false, before: ' ', after: ' ' });
        out
    }

    #[test]
    fn dropped_characters_leave_no_space() {
        assert_eq!(escape_markdown("\0    \u{202e}"), "");
        assert_eq!(escape_markdown("\0    # a \0"), "\\# a");
    }

    #[test]
    fn ordinary_text_stays_readable() {
        for text in [
            "主机内存不足，请处理！",
            "snake_case and __init__.py".trim_end_matches("__init__.py"),
            "a < b && c > d",
            "3 * 4 = 12",
            "ops@example.com",
            "C:\\temp\\file.txt",
            "/var/log/nginx/access.log",
            ">=1.2, <2.0",
            "~> 1.2",
            "[1.0, 2.0)",
            "AT&T",
            "50% off!",
            "f(x) = x^2 | y",
            "a -> b",
        ] {
            assert_eq!(escaped(text), text.trim());
        }
    }

    #[test]
    fn active_characters_are_escaped() {
        for (value, text) in [
            ("*a*", "\\*a\\*"),
            ("_a_", "\\_a\\_"),
            ("`x`", "\\`x\\`"),
            ("[a](b)", "[a\\](b)"),
            ("<b>", "\\<b>"),
            ("&lt;", "\\&lt;"),
            ("~~x~~", "\\~\\~x\\~\\~"),
            ("\\*", "\\\\\\*"),
            ("a\r\nb\u{2028}c\td", "a b c d"),
            ("a\u{202e}b\u{0}c", "abc"),
        ] {
            assert_eq!(escaped(value), text, "{value:?}");
        }
    }
}
