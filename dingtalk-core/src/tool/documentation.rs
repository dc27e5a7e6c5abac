//! Documentation that a macro writes: only the compiler knows it.

/// Returns the documentation of a parameter.
///
/// # Panics
///
/// While the program is compiled, if there is none.
#[track_caller]
pub const fn documentation(text: &'static str) -> &'static str {
    assert!(!text.trim_ascii().is_empty(), "an agent fills in the parameter: its doc comment is empty");
    text
}

/// Returns the first paragraph of the documentation of a tool.
///
/// # Panics
///
/// While the program is compiled, if there is none.
#[track_caller]
pub const fn first_paragraph(text: &'static str) -> &'static str {
    let text = text.trim_ascii();
    assert!(!text.is_empty(), "an agent chooses a tool by its description: the doc comment is empty");
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\n' && is_blank_line(bytes, at + 1) {
            return text.split_at(at).0;
        }
        at += 1;
    }
    text
}

const fn is_blank_line(bytes: &[u8], mut at: usize) -> bool {
    while at < bytes.len() && matches!(bytes[at], b' ' | b'\t' | b'\r') {
        at += 1;
    }
    at < bytes.len() && bytes[at] == b'\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_ends_at_a_blank_line() {
        for (text, first) in [
            ("One.", "One."),
            ("\n One\n two.\n \t\nThree.", "One\n two."),
            ("钉\n\n二", "钉"),
            ("One.\n", "One."),
        ] {
            assert_eq!(first_paragraph(text), first, "{text:?}");
        }
    }
}
