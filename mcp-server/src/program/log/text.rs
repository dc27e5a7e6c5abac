//! Values in log lines: they may come from outside, so each is short and stays on its line.

use std::fmt::{self, Debug, Write};

use crate::call::visible::is_invisible;

/// Maximum length of a value, in characters.
pub(super) const MAX_VALUE: usize = 128;

/// Maximum length of a message, which is this program's own text, in characters.
pub(super) const MAX_MESSAGE: usize = 512;

/// Writes the value with at most this many characters. Characters that could end the line, command a terminal or hide a
/// text are escaped.
pub(super) fn write_value(output: &mut dyn Write, value: &dyn Debug, at_most: usize) -> fmt::Result {
    let mut bounded = Bounded { output, left: at_most };
    match write!(bounded, "{value:?}") {
        // The value is too long, or the output has failed: then this fails as well.
        Err(_) => output.write_char('…'),
        Ok(()) => Ok(()),
    }
}

struct Bounded<'w> {
    output: &'w mut dyn Write,
    left: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most values are short and plain, and every delivery writes some.
        if text.len() <= self.left && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.left -= text.len();
            return self.output.write_str(text);
        }
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            if c.is_control() || is_invisible(c) {
                write!(self.output, "{}", c.escape_unicode())?;
            } else {
                self.output.write_char(c)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_short_and_on_one_line() {
        for (given, expected) in [
            ("plain 你好 é", "plain 你好 é"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\u{2028}b\u{85}\u{202e}\u{200b}\u{feff}", "a\\u{2028}b\\u{85}\\u{202e}\\u{200b}\\u{feff}"),
        ] {
            let mut text = String::new();
            write_value(&mut text, &format_args!("{given}"), MAX_VALUE).unwrap();
            assert_eq!(text, expected);
        }
        let mut text = String::new();
        write_value(&mut text, &format_args!("{}", "长".repeat(1024 * 1024)), MAX_VALUE).unwrap();
        assert_eq!(text, format!("{}…", "长".repeat(MAX_VALUE)));
    }
}
