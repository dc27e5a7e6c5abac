//! Escaping as a programmer would write it for one message: the library's rules, for a value that stands
//! between white space or at an end of its line.

use std::fmt;

/// Character by character, the obvious first version.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Escaped<'_> {
    pub(crate) fn write_to(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let value = self.0.trim();
        for (at, c) in value.char_indices() {
            match c {
                '\n' | '\r' | '\t' => out.write_char(' ')?,
                '!'..='~' if is_active(value, at) => {
                    out.write_char('\\')?;
                    out.write_char(c)?;
                }
                _ => out.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

/// Copies unchanged spans at once, the version tuned by measuring.
pub(crate) struct Tuned<'a>(pub(crate) &'a str);

impl Tuned<'_> {
    pub(crate) fn write_to(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let value = self.0.trim();
        let mut written = 0;
        for (at, byte) in value.bytes().enumerate() {
            match byte {
                b'\n' | b'\r' | b'\t' => {
                    out.write_str(&value[written..at])?;
                    out.write_char(' ')?;
                    written = at + 1;
                }
                b'`' | b'\\' | b'*' | b'_' | b']' | b'<' | b'&' | b'~' if is_active(value, at) => {
                    out.write_str(&value[written..at])?;
                    out.write_char('\\')?;
                    written = at;
                }
                _ => {}
            }
        }
        out.write_str(&value[written..])
    }
}

impl fmt::Display for Tuned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

/// Returns true if Markdown would give the byte at this position a special meaning.
fn is_active(value: &str, at: usize) -> bool {
    let bytes = value.as_bytes();
    match bytes[at] {
        b'`' => true,
        b'\\' => bytes.get(at + 1).is_none_or(u8::is_ascii_punctuation),
        b'*' => !is_spaced(bytes, at),
        b'_' => !is_spaced(bytes, at) && !is_inside_word(value, at),
        b']' => matches!(bytes.get(at + 1), Some(b'(' | b'[' | b':')),
        b'<' => begins_tag(&value[at + 1..]),
        b'&' => begins_entity(&value[at + 1..]),
        b'~' => !is_space(bytes, at.wrapping_sub(1)) || bytes.get(at + 1) == Some(&b'~'),
        _ => false,
    }
}

fn is_space(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(u8::is_ascii_whitespace)
}

fn is_spaced(bytes: &[u8], at: usize) -> bool {
    is_space(bytes, at.wrapping_sub(1)) && is_space(bytes, at + 1)
}

fn is_inside_word(value: &str, at: usize) -> bool {
    let before = value[..at].trim_end_matches('_').chars().next_back();
    let after = value[at..].trim_start_matches('_').chars().next();
    before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
}

fn begins_tag(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        || rest.split(char::is_whitespace).next().is_some_and(|word| word.contains('@'))
}

fn begins_entity(rest: &str) -> bool {
    let name = rest.strip_prefix('#').unwrap_or(rest);
    let after = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    after.len() < name.len() && after.starts_with(';')
}
