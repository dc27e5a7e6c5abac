//! Markers that make a line more than a line of text.

use crate::delivery::overflow::plain::is_space;

/// Maximum length of a line that is checked, in bytes. No relevant marker is longer, and long lines stay cheap.
const WINDOW: usize = 64;

/// Reports whether this text, at the beginning of a line, would begin a block other than a paragraph or underline a
/// heading. A false positive is preferred to a false negative.
pub(super) fn is_marker(text: &str) -> bool {
    let ends_marker = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']);
    let line = || text.chars().take(WINDOW).take_while(|c| !matches!(c, '\n' | '\r'));
    let only = |of: &str| line().all(|c| of.contains(c) || is_space(c));
    match text.chars().next() {
        None | Some('>' | '|') => true,
        Some('#') => {
            let hashes = line().take_while(|&c| c == '#').count();
            hashes <= 6 && ends_marker(&text[hashes..])
        }
        Some('-' | '+') => ends_marker(&text[1..]) || only("-|:"),
        Some('*') => ends_marker(&text[1..]) || only("*"),
        Some('_') => only("_"),
        Some('=') => only("="),
        Some(':') => only("-|:"),
        Some('`') => text.starts_with("```"),
        Some('~') => text.starts_with("~~~"),
        Some('<') => text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
        Some('0'..='9') => {
            let digits = line().take(10).take_while(char::is_ascii_digit).count();
            digits <= 9 && text[digits..].starts_with(['.', ')']) && ends_marker(&text[digits + 1..])
        }
        Some(_) => false,
    }
}

/// Reports the same for text whose line may be shortened by a cut after its first word.
pub(super) fn may_become_marker(text: &str) -> bool {
    let window = text.char_indices().nth(WINDOW).map_or(text.len(), |(at, _)| at);
    let word = text[..window].split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
    is_marker(text) || is_marker(word.trim_end_matches('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found() {
        for marker in [
            "",
            "> a",
            "| a |",
            "# a",
            "######",
            "- a",
            "-",
            "+\ta",
            "---",
            "- - -",
            "* a",
            "***",
            "___",
            "===",
            ":-: | -",
            "```",
            "~~~",
            "<b>",
            "</b>",
            "<!--",
            "1. a",
            "12)",
            "123456789.",
            "1.\nb",
        ] {
            assert!(is_marker(marker), "{marker:?}");
        }
        for text in [
            "a",
            "#a",
            "#######",
            "-a",
            "--flag",
            "+1",
            "*a*",
            "__init__",
            "=a",
            ":)",
            "`a`",
            "~~a~~",
            "<5",
            "1.2",
            "1234567890. a",
            "中文",
            "[a](b)",
            "!",
            "@a",
            "&lt;",
        ] {
            assert!(!is_marker(text), "{text:?}");
        }
        for text in ["1.\\\na", "--- a", "=== RUN"] {
            assert!(!is_marker(text) && may_become_marker(text), "{text:?}");
        }
    }
}
