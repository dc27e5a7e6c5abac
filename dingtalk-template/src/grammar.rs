//! The grammar of templates: Rust's format strings, without the parts that could change a message's structure.

use std::{borrow::Cow, fmt};

use crate::problem::Problem;

/// A segment of a parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Text, with `{{` and `}}` unescaped.
    Text(Cow<'a, str>),
    /// `{name}` or `{name:spec}`; the name is empty for `{}`.
    Slot {
        /// Name of the slot.
        name: &'a str,
        /// Text after the colon, or an empty string.
        spec: &'a str,
    },
}

/// The reason why a template cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxError {
    /// The template is not a format string; `format_args!` reports the same.
    Malformed {
        /// Byte offset in the template.
        offset: usize,
        /// The problem.
        problem: String,
    },
    /// The template is a format string, but uses a feature that templates do not allow.
    Unsupported {
        /// Byte offset in the template.
        offset: usize,
        /// The problem and its fix.
        problem: String,
    },
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Malformed { problem, .. } | Self::Unsupported { problem, .. }) = self;
        f.write_str(problem)
    }
}

impl std::error::Error for SyntaxError {}

impl From<SyntaxError> for Problem {
    fn from(error: SyntaxError) -> Self {
        Self {
            slot: None,
            message: error.to_string(),
            malformed: matches!(error, SyntaxError::Malformed { .. }),
        }
    }
}

/// Parses a template.
///
/// ```
/// use dingtalk_template::{Segment, parse};
///
/// let segments = parse("{{{host}:{load:.1}")?;
/// assert_eq!(segments[1], Segment::Slot { name: "host", spec: "" });
/// assert_eq!(segments[3], Segment::Slot { name: "load", spec: ".1" });
/// # Ok::<(), dingtalk_template::SyntaxError>(())
/// ```
pub fn parse(template: &str) -> Result<Vec<Segment<'_>>, SyntaxError> {
    let mut segments: Vec<Segment<'_>> = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        push_text(&mut segments, &rest[..at]);
        let offset = template.len() - rest.len() + at;
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if after.starts_with(brace) {
            push_text(&mut segments, brace);
            rest = &after[1..];
            continue;
        }
        if brace == "}" {
            return Err(SyntaxError::Malformed {
                offset,
                problem: "unmatched `}` in the template; write `}}` for a brace".to_owned(),
            });
        }
        let Some(end) = after.find('}') else {
            return Err(SyntaxError::Malformed {
                offset,
                problem: "`{` is never closed in the template; write `{{` for a brace".to_owned(),
            });
        };
        let inside = &after[..end];
        let (name, spec) = inside.split_once(':').unwrap_or((inside, ""));
        let (name, spec) = (name.trim(), spec.trim_end());
        check_name(name, offset)?;
        check_spec(name, spec, offset)?;
        segments.push(Segment::Slot { name, spec });
        rest = &after[end + 1..];
    }
    push_text(&mut segments, rest);
    Ok(segments)
}

/// Parses a template, and refuses control characters: a compiled template uses them as markers.
pub(crate) fn parsed(template: &str) -> Result<Vec<Segment<'_>>, Problem> {
    match template.chars().find(|&c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(c) => Err(Problem::new(format!(
            "the template holds the control character U+{:04X}, which nobody can read: remove it",
            u32::from(c)
        ))),
        None => Ok(parse(template)?),
    }
}

/// Returns the names that a Rust format string captures: `host` and `width` in `"{host:>width$}"`.
///
/// ```
/// assert_eq!(dingtalk_template::captures("{host:>0width$.1} {{no}} {} {0} {:.prec$}"), ["host", "width", "prec"]);
/// ```
pub fn captures(format: &str) -> Vec<&str> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let mut names = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let (name, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        names.extend(Some(name.trim()).filter(|name| is_name(name)));
        for count in spec.split_inclusive('$').filter_map(|part| part.strip_suffix('$')) {
            let name = count.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            // Leading zeros are the flag for zero padding.
            names.extend(Some(name.trim_start_matches('0')).filter(|name| is_name(name)));
        }
        rest = &rest[end + 1..];
    }
    names
}

fn push_text<'a>(segments: &mut Vec<Segment<'a>>, text: &'a str) {
    match segments.last_mut() {
        _ if text.is_empty() => {}
        Some(Segment::Text(last)) => last.to_mut().push_str(text),
        _ => segments.push(Segment::Text(Cow::Borrowed(text))),
    }
}

fn check_name(name: &str, offset: usize) -> Result<(), SyntaxError> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SyntaxError::Unsupported {
            offset,
            problem: format!("`{{{name}}}`: a slot is named after a field, as in `{{host}}`, not numbered"),
        });
    }
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Ok(());
    }
    // rustc would suggest a positional argument, which templates do not support.
    if let Some((field, _)) = name.split_once('.')
        && !field.contains(|c: char| c.is_whitespace() || c == '{')
    {
        return Err(SyntaxError::Unsupported {
            offset,
            problem: format!(
                "`{{{name}}}`: a slot shows a whole field; give the value a field of its own, or implement `Display` for \
                 the type of `{field}`"
            ),
        });
    }
    Err(SyntaxError::Malformed { offset, problem: format!("`{{{name}}}` is not the name of a field") })
}

/// Allows sign, zero padding, precision and radix, and nothing that could change a message's structure.
fn check_spec(name: &str, spec: &str, offset: usize) -> Result<(), SyntaxError> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = spec;
    rest = rest.strip_prefix('+').unwrap_or(rest);
    rest = rest.strip_prefix('#').unwrap_or(rest);
    if let Some(width) = rest.strip_prefix('0') {
        rest = &width[digits(width)..];
    }
    if let Some(precision) = rest.strip_prefix('.')
        && digits(precision) > 0
    {
        rest = &precision[digits(precision)..];
    }
    if matches!(rest, "" | "x" | "X" | "o" | "b" | "e" | "E") {
        return Ok(());
    }
    Err(SyntaxError::Unsupported {
        offset,
        problem: format!(
            "`{{{name}:{spec}}}`: a template allows only sign, zero padding, precision and radix, \
             for example `{{{name}:+05.1}}` or `{{{name}:#x}}`"
        ),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn print(segments: &[Segment<'_>]) -> String {
        let mut printed = String::new();
        for segment in segments {
            match segment {
                Segment::Text(text) => printed.push_str(&text.replace('{', "{{").replace('}', "}}")),
                Segment::Slot { name, spec: "" } => printed.push_str(&format!("{{{name}}}")),
                Segment::Slot { name, spec } => printed.push_str(&format!("{{{name}:{spec}}}")),
            }
        }
        printed
    }

    #[test]
    fn specs_that_could_change_the_structure_are_refused() {
        for wrong in ["{0}", "{x:?}", "{x:>9}", "{x:*^9}", "{x:.*}", "{x:w$}", "{x:9}", "{x:.}", "{a.b}"] {
            assert!(matches!(parse(wrong), Err(SyntaxError::Unsupported { .. })), "{wrong}");
        }
        for wrong in ["{", "}", "{x", "a}b", "{a b}", "{a {b.c}"] {
            assert!(matches!(parse(wrong), Err(SyntaxError::Malformed { .. })), "{wrong}");
        }
        for fine in ["{}", "{x:+}", "{x:08.3}", "{x:#x}", "{x:04X}", "{ x }", "{{}}", "{主机}"] {
            assert!(parse(fine).is_ok(), "{fine}");
        }
    }

    proptest! {
        #[test]
        fn printing_a_parsed_template_restores_it(template in "([a-z中#* \n-]|\\{\\{|\\}\\}|\\{[a-z]{1,3}(:[.]2)?\\}){0,12}") {
            let segments = parse(&template).unwrap();
            prop_assert_eq!(print(&segments), template);
        }

        #[test]
        fn never_panics(template in "[{}:a0.#+x\\PC]{0,20}") {
            let _ = parse(&template);
        }
    }
}
