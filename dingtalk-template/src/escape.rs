//! Escaping of values: as little as keeps a value from changing the structure of the message around it.
//!
//! Rules are CommonMark's, since DingTalk documents only which constructs it renders. Backslash escapes are what
//! other senders rely on in production.

use std::fmt::Write as _;

use crate::table::Place;

/// Appends a value as it may stand at this place, between these neighbours.
pub(crate) fn push_value(out: &mut String, value: &str, place: Place, before: char, after: char) {
    match place {
        Place::PlainBlock => {
            // Tabs and the first line's indentation are text here.
            let text = value.trim_end().trim_start_matches(['\r', '\n']);
            out.extend(text.chars().filter(|c| keeps_meaning(*c) || matches!(c, '\n' | '\t')));
        }
        Place::Plain => push_one_line(out, value),
        Place::Markdown | Place::LinkText => {
            let mut line = String::with_capacity(value.len());
            push_one_line(&mut line, value);
            push_escaped(out, &line, place == Place::LinkText, before, after);
        }
        Place::LinkTarget => push_target(out, value),
    }
}

/// Escapes text for a paragraph, whatever stands before and after it; line breaks become hard line breaks. The text of a
/// link needs more than this, and so does a link directly behind the text.
///
/// ```
/// assert_eq!(dingtalk_template::escape_markdown("*a* < b_c\n# d"), "\\*a\\* < b_c  \n  \\# d");
/// ```
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.trim().lines() {
        let start = out.len();
        if !out.is_empty() {
            out.push_str("  \n  ");
        }
        let content = out.len();
        push_value(&mut out, line, Place::Markdown, '\0', '\0');
        // Only a link directly behind it would make an exclamation mark more than that, and nobody writes one there.
        if line.ends_with('!') && out.ends_with("\\!") {
            out.truncate(out.len() - 2);
            out.push('!');
        }
        crate::block::protect_start(&mut out, content);
        if out.len() == content {
            out.truncate(start);
        }
    }
    out
}

/// Control characters and direction overrides carry no text; a reader could be deceived by them.
fn keeps_meaning(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Trims, turns line breaks and tabs into spaces.
fn push_one_line(out: &mut String, value: &str) {
    let mut carriage_return = false;
    for c in value.trim().chars() {
        if is_line_break(c) || c == '\t' {
            if !(c == '\n' && carriage_return) {
                out.push(' ');
            }
        } else if keeps_meaning(c) {
            out.push(c);
        }
        carriage_return = c == '\r';
    }
}

fn push_target(out: &mut String, value: &str) {
    for c in value.trim().chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>' | '\\' | '`') {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
}

fn push_escaped(out: &mut String, value: &str, in_link: bool, before: char, after: char) {
    let mut previous = before;
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let next = rest.as_str().chars().next();
        let neighbours = Neighbours {
            previous,
            next: next.unwrap_or(after),
            last: next.is_none(),
            rest: rest.as_str(),
            value,
            before,
            after,
        };
        if neighbours.makes_active(c, in_link) {
            out.push('\\');
        }
        out.push(c);
        previous = c;
    }
}

/// What stands around a character of a value.
struct Neighbours<'a> {
    previous: char,
    next: char,
    last: bool,
    rest: &'a str,
    value: &'a str,
    before: char,
    after: char,
}

impl Neighbours<'_> {
    /// Would Markdown read this character as more than itself?
    fn makes_active(&self, c: char, in_link: bool) -> bool {
        let spaced = self.previous.is_whitespace() && self.next.is_whitespace();
        match c {
            '`' => true,
            '\\' => self.next.is_ascii_punctuation() || (self.last && matches!(self.after, '\n' | '\0')),
            '*' => !spaced,
            '_' => !spaced && !self.inside_word(),
            '[' => in_link,
            ']' => in_link || matches!(self.next, '(' | '[' | ':' | '\0'),
            '!' => self.last && matches!(self.after, '[' | '\0'),
            '<' => self.begins_tag(),
            '&' => self.begins_entity(),
            // Behind white space it can only open, and nothing in a value closes.
            '~' => !self.previous.is_whitespace() || matches!(self.next, '~' | '\0'),
            _ => false,
        }
    }

    /// Is the run of underscores between two letters, where it is no emphasis?
    fn inside_word(&self) -> bool {
        let upto = &self.value[..self.value.len() - self.rest.len()];
        let left = upto.trim_end_matches('_').chars().next_back().unwrap_or(self.before);
        let right = self.rest.trim_start_matches('_').chars().next().unwrap_or(self.after);
        left.is_alphanumeric() && right.is_alphanumeric()
    }

    /// HTML, or an address between angle brackets.
    fn begins_tag(&self) -> bool {
        let word = self.rest.split(char::is_whitespace).next().unwrap_or_default();
        let reaches_on = word.len() == self.rest.len() && !self.after.is_whitespace();
        self.next.is_ascii_alphabetic()
            || matches!(self.next, '/' | '!' | '?')
            || word.contains('@')
            || (reaches_on && !self.next.is_whitespace())
    }

    fn begins_entity(&self) -> bool {
        let name = self.rest.strip_prefix('#').unwrap_or(self.rest);
        let after_name = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        match after_name.chars().next() {
            Some(c) => c == ';' && after_name.len() < name.len(),
            None => matches!(self.after, ';' | '#' | '\0') || self.after.is_ascii_alphanumeric(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(value: &str) -> String {
        let mut out = String::new();
        push_value(&mut out, value, Place::Markdown, ' ', ' ');
        out
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
