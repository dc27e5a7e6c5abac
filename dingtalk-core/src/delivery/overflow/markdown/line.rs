//! What makes a line more than a line of text.

use crate::delivery::overflow::plain::is_space;

/// What is looked at of a line at most: no marker that matters is longer, and long lines stay cheap.
const WINDOW: usize = 64;

/// Would this begin something else than a paragraph, or be a line below a heading, if it stood at the beginning of a
/// line? Rather once too often than once too rarely.
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

/// The same of text whose line may end early, where a cut takes away what stands behind its first word.
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
