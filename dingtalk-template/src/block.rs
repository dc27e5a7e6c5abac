//! Block markers at the beginning or end of a line, and their escaping.

/// Escapes a block marker at `content` in `out`.
pub(crate) fn protect_start(out: &mut String, content: usize) {
    if let Some(at) = block_marker(&out[content..]) {
        out.insert(content + at, '\\');
    }
}

/// Escapes trailing `#`s of a heading. Markdown treats them as decoration; in a value, they are text.
pub(crate) fn protect_heading_end(out: &mut String, content: usize) {
    let text = &out[content..];
    let before = text.trim_end_matches('#');
    if before.len() < text.len() && (before.is_empty() || before.ends_with([' ', '\t'])) {
        let at = content + before.len();
        out.insert(at, '\\');
    }
}

/// Returns the position at which a backslash keeps this line from beginning a block, if it would begin one.
pub(crate) fn block_marker(text: &str) -> Option<usize> {
    let ends_marker = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    let only = |of: &[char]| text.chars().all(|c| of.contains(&c) || c == ' ' || c == '\t');
    let first = text.chars().next()?;
    match first {
        '>' | '|' => Some(0),
        '#' => {
            let hashes = text.len() - text.trim_start_matches('#').len();
            (hashes <= 6 && ends_marker(&text[hashes..])).then_some(0)
        }
        // List items, thematic breaks, underlines of headings, delimiter rows of tables.
        '-' | '+' | '*' => (ends_marker(&text[1..]) || only(&['-', '|', ':']) || only(&['*'])).then_some(0),
        '=' => only(&['=']).then_some(0),
        '_' => only(&['_']).then_some(0),
        ':' => (only(&['-', '|', ':']) && text.contains('-')).then_some(0),
        '~' => text.starts_with("~~~").then_some(0),
        '[' => defines_reference(text).then_some(0),
        '0'..='9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let rest = &text[digits..];
            (digits <= 9 && rest.starts_with(['.', ')']) && ends_marker(&rest[1..])).then_some(digits)
        }
        _ => None,
    }
}

/// Reports whether the line is a reference definition, `[label]: …`.
fn defines_reference(text: &str) -> bool {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => return text[at + 1..].starts_with(':'),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found() {
        for (text, at) in [
            ("# a", Some(0)),
            ("#a", None),
            ("####### a", None),
            ("- a", Some(0)),
            ("-a", None),
            ("-", Some(0)),
            ("---", Some(0)),
            ("--- | ---", Some(0)),
            (":-: | :-:", Some(0)),
            ("***", Some(0)),
            ("_ _ _", Some(0)),
            ("===", Some(0)),
            ("= a", None),
            ("1. a", Some(1)),
            ("12) a", Some(2)),
            ("1.2", None),
            ("1234567890. a", None),
            ("> a", Some(0)),
            ("| a |", Some(0)),
            ("[a]: b", Some(0)),
            ("[a] b", None),
            ("[\\]: b](c)", None),
            ("", None),
            ("中文", None),
        ] {
            assert_eq!(block_marker(text), at, "{text:?}");
        }
    }

    #[test]
    fn closing_hashes_stay() {
        let mut heading = "C #".to_owned();
        protect_heading_end(&mut heading, 0);
        assert_eq!(heading, "C \\#");
        let mut heading = "C#".to_owned();
        protect_heading_end(&mut heading, 0);
        assert_eq!(heading, "C#");
    }
}
