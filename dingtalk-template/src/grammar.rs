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
    let (segments, errors) = scan(template);
    errors.into_iter().next().map_or(Ok(segments), Err)
}

/// Reads a template to its end: returns the segments that are correct, and every error.
pub(crate) fn scan(template: &str) -> (Vec<Segment<'_>>, Vec<SyntaxError>) {
    let (mut segments, mut errors) = (Vec::new(), Vec::new());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        push_text(&mut segments, &rest[..at]);
        let offset = template.len() - rest.len() + at;
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if after.starts_with(brace) {
            errors.extend(
                foreign_slot(&rest[at..]).map(|problem| SyntaxError::Unsupported { offset, problem }),
            );
            push_text(&mut segments, brace);
            rest = &after[1..];
            continue;
        }
        // Behind an unmatched brace, nothing can be told any more.
        let end = after.find('}').filter(|_| brace == "{");
        let Some(end) = end else {
            let problem = match brace {
                "}" => "unmatched `}` in the template; write `}}` for a brace",
                _ => "`{` is never closed in the template; write `{{` for a brace",
            };
            errors.push(SyntaxError::Malformed { offset, problem: problem.to_owned() });
            return (segments, errors);
        };
        match slot(&after[..end], offset) {
            Ok(slot) => segments.push(slot),
            Err(error) => errors.push(error),
        }
        rest = &after[end + 1..];
    }
    push_text(&mut segments, rest);
    (segments, errors)
}

fn slot(inside: &str, offset: usize) -> Result<Segment<'_>, SyntaxError> {
    if let Some(problem) = expression(inside.trim()) {
        return Err(SyntaxError::Unsupported { offset, problem });
    }
    let (name, spec) = inside.split_once(':').unwrap_or((inside, ""));
    let (name, spec) = (name.trim(), spec.trim_end());
    check_name(name, offset)?;
    check_spec(name, spec, offset)?;
    Ok(Segment::Slot { name, spec })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Explains what belongs into code: `{host.to_uppercase()}`, `{self.host}`, `{% if urgent %}`.
fn expression(inside: &str) -> Option<String> {
    if inside.starts_with('%') {
        return Some(format!(
            "`{{{inside}}}`: a template has no conditions and no loops; a field's `line` is written once for each value, and \
             not at all without one"
        ));
    }
    if let Some(field) = inside.strip_prefix("self.").filter(|field| is_name(field)) {
        return Some(format!("`{{{inside}}}`: a slot is the name of a field; write `{{{field}}}`"));
    }
    (inside.contains('(') || inside.contains("::")).then(|| {
        format!(
            "`{{{inside}}}`: a slot is the name of a field, not an expression; compute it with \
             `with(value = {inside})`, and write `{{value}}`"
        )
    })
}

/// Explains the slots of other languages, whose two braces are one to read: `{{host}}`, `{{ .Labels.host }}`.
fn foreign_slot(rest: &str) -> Option<String> {
    let inside = rest.strip_prefix("{{")?;
    let inside = &inside[..inside.find("}}")?];
    let is_code = |c: char| c.is_alphanumeric() || "_.$#/^&|- ".contains(c);
    let path = inside.trim_matches([' ', '-']).trim_start_matches(['.', '$', '#', '/', '^', '&']);
    if !inside.chars().all(is_code) || !path.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let name = path.split(['|', ' ']).next()?.rsplit('.').next()?;
    let name = if is_name(name) { name } else { "field" };
    Some(format!("`{{{{{inside}}}}}` would show braces: a slot has one brace, as in `{{{name}}}`"))
}

/// Parses a template, and refuses control characters: a compiled template uses them as markers.
pub(crate) fn parsed(template: &str) -> Result<Vec<Segment<'_>>, Vec<Problem>> {
    match template.chars().find(|&c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(c) => Err(vec![Problem::new(format!(
            "the template holds the control character U+{:04X}, which nobody can read: remove it",
            u32::from(c)
        ))]),
        None => {
            let (segments, errors) = scan(template);
            if errors.is_empty() {
                Ok(segments)
            } else {
                Err(errors.into_iter().map(Problem::from).collect())
            }
        }
    }
}

/// Keeps the first problem of a text that is too short for several.
pub(crate) fn first(problems: Vec<Problem>) -> Problem {
    problems.into_iter().next().unwrap_or_else(|| Problem::new(""))
}

/// Returns the names that a Rust format string captures: `host` and `width` in `"{host:>width$}"`.
///
/// ```
/// assert_eq!(dingtalk_template::captures("{host:>0width$.1} {{no}} {} {0} {:.prec$}"), ["host", "width", "prec"]);
/// ```
pub fn captures(format: &str) -> Vec<&str> {
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
    if let Some(problem) = spec_of_another_language(name, spec) {
        return Err(SyntaxError::Unsupported { offset, problem });
    }
    Err(SyntaxError::Unsupported {
        offset,
        problem: format!(
            "`{{{name}:{spec}}}`: a template allows only sign, zero padding, precision and radix, \
             for example `{{{name}:+05.1}}` or `{{{name}:#x}}`"
        ),
    })
}

/// Explains a format of Python or C: `,`, `.2%`, `.1f`.
fn spec_of_another_language(name: &str, spec: &str) -> Option<String> {
    let slot = format!("`{{{name}:{spec}}}`");
    if spec.contains([',', '_']) {
        return Some(format!("{slot}: thousands are separated by `format = \"thousands\"` on the field"));
    }
    let (rest, sign) = match spec.strip_suffix('%') {
        Some(rest) => (rest, "%"),
        None => (spec.strip_suffix(['f', 'd', 's', 'g'])?, ""),
    };
    let precision = rest.strip_prefix('.').is_some_and(|digits| digits.parse::<u16>().is_ok());
    let rest = if precision { format!(":{rest}") } else { String::new() };
    Some(format!("{slot}: write `{{{name}{rest}}}{sign}`"))
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
        fn printing_a_parsed_template_restores_it(template in "([a-z中#* \n-]|\\{\\{:|\\}\\}|\\{[a-z]{1,3}(:[.]2)?\\}){0,12}") {
            let segments = parse(&template).unwrap();
            prop_assert_eq!(print(&segments), template);
        }

        #[test]
        fn never_panics(template in "[{}:a0.#+x\\PC]{0,20}") {
            let _ = parse(&template);
        }
    }
}
