//! Lines of a template in source code, where indentation and outer blank lines belong to the code.

use crate::grammar::Segment;

/// Removes blank lines at both ends, and the indentation that all lines share.
///
/// ```
/// assert_eq!(dingtalk_template::dedent("\n    one\n      two\n    "), "one\n  two");
/// ```
pub fn dedent(template: &str) -> String {
    let lines: Vec<&str> = template.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let blank = |line: &&str| line.trim().is_empty();
    let first = lines.iter().position(|line| !blank(line)).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !blank(line)).map_or(first, |last| last + 1);
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines = &lines[first..last];
    let common = lines.iter().filter(|line| !blank(line)).map(|line| indentation(line)).min().unwrap_or(0);
    let dedented: Vec<&str> =
        lines.iter().map(|line| line.get(common..).unwrap_or_default().trim_end()).collect();
    dedented.join("\n")
}

/// One character or slot of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Char(char),
    Slot { name: &'a str, spec: &'a str },
}

/// Splits parsed segments into lines.
pub(crate) fn lines<'a>(segments: &[Segment<'a>]) -> Vec<Vec<Token<'a>>> {
    let mut lines = vec![Vec::new()];
    for segment in segments {
        match segment {
            Segment::Text(text) => {
                for c in text.chars() {
                    if c == '\n' {
                        lines.push(Vec::new());
                    } else if let Some(line) = lines.last_mut() {
                        line.push(Token::Char(c));
                    }
                }
            }
            Segment::Slot { name, spec } => {
                if let Some(line) = lines.last_mut() {
                    line.push(Token::Slot { name, spec });
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::dedent;

    #[test]
    fn source_indentation_is_removed() {
        assert_eq!(dedent("one"), "one");
        assert_eq!(dedent("one\n    two"), "one\n    two");
        assert_eq!(dedent("  one\n    two"), "one\n  two");
        assert_eq!(dedent("\n\n\tone\n\n\t\ttwo\n\t"), "one\n\n\ttwo");
        assert_eq!(dedent("\n"), "");
        assert_eq!(dedent(""), "");
    }
}
