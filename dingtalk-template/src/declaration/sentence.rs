//! Rules on fields within other text (`join`, `then`, `else`), and on texts with lines of their own (`multiline`). A
//! comment above each shows a violation, in the notation of the attributes.

use super::{
    Cardinality, DeclaredMessage, Dialect, FieldLocation, FieldRules, Findings, Location, Role, Source,
    Templates, ValueKind,
};
use crate::{Segment, captures, escape_markdown, grammar::scan};

/// The line that counts the values which `max_shown` leaves out, if `more` is not given.
pub const MORE: &str = "…and {} more";

impl FieldRules {
    /// Reports whether the field can be shown within other text.
    pub(super) fn is_inline(&self) -> bool {
        match self.cardinality {
            Cardinality::One => true,
            Cardinality::Optional => self.or_else.is_some(),
            Cardinality::List => self.join.is_some(),
            Cardinality::Flag => self.then.is_some(),
        }
    }

    /// Returns the text of `more` before its slot, and the text after it; `None` if it does not show the count.
    pub fn more_texts(&self) -> (String, Option<String>) {
        let (segments, _) = scan(self.more.as_deref().unwrap_or(MORE));
        let mut texts: (String, Option<String>) = (String::new(), None);
        for segment in segments {
            match (segment, &mut texts.1) {
                (Segment::Text(text), None) => texts.0.push_str(&text),
                (Segment::Text(text), Some(after)) => after.push_str(&text),
                (Segment::Slot { .. }, after) => *after = Some(String::new()),
            }
        }
        texts
    }

    /// Returns the marks of `more` that would be visible within other text.
    pub(super) fn more_has_marks(&self) -> bool {
        let (before, after) = self.more_texts();
        let text = format!("{before}9{}.", after.unwrap_or_default());
        escape_markdown(&text) != text.trim()
    }
}

impl Dialect {
    /// Returns the keys that show a field of this cardinality within other text, as they are added to a field.
    pub(super) fn inline_keys(self, cardinality: Cardinality) -> String {
        match cardinality {
            Cardinality::List => self.on_field("join", "\", \""),
            Cardinality::Flag => self.on_field("then", "\"yes\", else = \"no\""),
            Cardinality::Optional | Cardinality::One => self.on_field("else", "\"none\""),
        }
    }
}

/// Checks the keys of one field.
pub(super) fn check(index: usize, field: &FieldRules, findings: &mut Findings) {
    let texts = [
        ("join", FieldLocation::Join, field.join.as_deref()),
        ("then", FieldLocation::Then, field.then.as_deref()),
        ("else", FieldLocation::Else, field.or_else.as_deref()),
    ];
    if field.role != Role::Value {
        other_role(index, field, &texts, findings);
        return;
    }
    for (key, location, text) in texts {
        if let Some(problem) = text.and_then(|text| text_problem(key, text)) {
            findings.of_field(index, location, problem);
        }
    }
    cardinalities(index, field, findings);
    if field.is_multiline {
        multiline(index, field, findings);
    }
}

/// #[dingtalk(at, join = ", ")] people: Vec<Mobile>
fn other_role(
    index: usize,
    field: &FieldRules,
    texts: &[(&str, FieldLocation, Option<&str>)],
    findings: &mut Findings,
) {
    let multiline = field.is_multiline.then_some(("multiline", FieldLocation::Multiline));
    let texts = texts.iter().filter(|(.., text)| text.is_some()).map(|(key, location, _)| (*key, *location));
    for (key, location) in texts.chain(multiline) {
        let message = match field.role {
            Role::Skip => format!("a skipped field is not shown: remove `{key}`, or the `skip`"),
            _ => format!("a mention is shown as the `@…` that notifies: remove `{key}`"),
        };
        findings.of_field(index, location, message);
    }
}

/// Returns the problem of a text that stands in place of values, or between them.
fn text_problem(key: &str, text: &str) -> Option<String> {
    // #[dingtalk(join = "\n")] hosts: Vec<String>
    if text.contains(['\n', '\r']) {
        return Some(match key {
            "join" => {
                "`join` stands within a line: remove the line break, or write each value on a line of its own with \
                 `line = \"{}\"`"
                    .to_owned()
            }
            _ => format!("`{key}` is one line: remove the line break"),
        });
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\t') {
        let code = u32::from(c);
        return Some(format!(
            "`{key}` holds the control character U+{code:04X}, which nobody can read: remove it"
        ));
    }
    // #[dingtalk(else = "none on {host}")] owner: Option<String>
    let slot = captures(text).first().map(|name| (*name).to_owned());
    let slot = slot.or_else(|| text.contains("{}").then(String::new))?;
    Some(format!("`{{{slot}}}`: `{key}` is a text without slots; write it without braces"))
}

/// Checks that each key fits the number of values.
fn cardinalities(index: usize, field: &FieldRules, findings: &mut Findings) {
    let dialect = findings.dialect;
    let [option, list, flag] =
        [Cardinality::Optional, Cardinality::List, Cardinality::Flag].map(|of| dialect.a_field(of));
    let name = &field.name;
    // #[dingtalk(join = ", ")] host: String
    if field.join.is_some() && field.cardinality != Cardinality::List {
        let instead = match field.cardinality {
            Cardinality::Optional if field.or_else.is_none() => "write `else = \"…\"`",
            Cardinality::Flag if field.then.is_none() => "write `then = \"…\", else = \"…\"`",
            _ => "remove it",
        };
        let what = dialect.several(field.cardinality).unwrap_or("one value");
        let message = format!("`join` belongs on {list}, and `{name}` is {what}: {instead}");
        findings.of_field(index, FieldLocation::Join, message);
    }
    // #[dingtalk(then = "yes")] host: String
    if field.then.is_some() && field.cardinality != Cardinality::Flag {
        let instead = match field.cardinality {
            Cardinality::Optional => "`else = \"…\"` is the text for an absent value",
            Cardinality::List => "`join = \", \"` shows its values within a sentence",
            _ => "remove it",
        };
        let message = format!("`then` belongs on {flag}: {instead}");
        findings.of_field(index, FieldLocation::Then, message);
    }
    if field.or_else.is_none() {
        return;
    }
    match field.cardinality {
        // #[dingtalk(else = "none")] host: String
        Cardinality::One => {
            let message = format!(
                "`{name}` always has a value: `else` belongs on {option}, {list} or {flag}; remove it"
            );
            findings.of_field(index, FieldLocation::Else, message);
        }
        // #[dingtalk(else = "no")] urgent: bool
        Cardinality::Flag if field.then.is_none() && field.line.is_none() => {
            let message =
                format!("`else` is the text of {flag} that is not set: add `then = \"…\"` for one that is");
            findings.of_field(index, FieldLocation::Else, message);
        }
        _ => {}
    }
}

fn multiline(index: usize, field: &FieldRules, findings: &mut Findings) {
    let ty = findings.dialect.a_type(&field.type_name);
    let problem = match field.value {
        // #[dingtalk(multiline)] load: u32
        ValueKind::Number | ValueKind::Flag | ValueKind::Own | ValueKind::Time | ValueKind::Duration => {
            format!("`multiline` belongs on a text, and {ty} is not one: remove it")
        }
        // #[dingtalk(multiline)] notes: Markdown
        ValueKind::Markdown => format!("{ty} keeps its own lines already: remove `multiline`"),
        // #[dingtalk(multiline, format = "duration")] took: Elapsed
        _ if field.value_format().is_some() => {
            "`format` and `zone` write a value on one line: remove `multiline`".to_owned()
        }
        // #[dingtalk(multiline, join = ", ")] logs: Vec<String>
        ValueKind::Text | ValueKind::Foreign if field.join.is_some() => {
            "`join` writes all values on one line, and `multiline` keeps their lines: remove one of them"
                .to_owned()
        }
        ValueKind::Text | ValueKind::Foreign => return,
    };
    findings.of_field(index, FieldLocation::Multiline, problem);
}

/// Reports links to the text of several values.
pub(super) fn targets(declared: &DeclaredMessage<'_>, templates: &Templates, findings: &mut Findings) {
    for shown in templates.values.iter().filter(|shown| shown.target) {
        let Source::Inline(index) = shown.source else { continue };
        let field = declared.fields[index];
        let (name, dialect) = (&field.name, findings.dialect);
        let several = dialect.several(field.cardinality).unwrap_or_default();
        let url = dialect.url();
        let message = match field.cardinality {
            // markdown(text = "[page]({page})") with #[dingtalk(else = "none")] page: Option<Url>
            Cardinality::Optional => format!(
                "`{name}` is {several}, whose `else` is no page to open: write the link into its `line`, as \
                 `line = \"[…]({{}})\"`"
            ),
            _ => format!("`{name}` is {several}: a link has one target, of type `{url}`"),
        };
        findings.push(shown.location, message);
    }
}

/// Reports keys that no template uses.
pub(super) fn without_effect(declared: &DeclaredMessage<'_>, templates: &Templates, findings: &mut Findings) {
    let used = templates.used_values();
    let is_used = |source| used.iter().any(|shown| shown.source == source);
    for (index, field) in declared.fields.iter().enumerate() {
        if field.role != Role::Value || field.incomplete || declared.incomplete {
            continue;
        }
        let name = &field.name;
        let is_inline = is_used(Source::Inline(index));
        let mut remove = |location, key: &str| {
            let message = format!("no template shows `{name}` within other text: remove `{key}`");
            findings.of_field(index, location, message);
        };
        // text("{hosts}") with #[dingtalk(line = "- {}", join = ", ")] hosts: Vec<String>
        if field.join.is_some() && field.cardinality == Cardinality::List && !is_inline {
            remove(FieldLocation::Join, "join");
        }
        if field.then.is_some() && field.cardinality == Cardinality::Flag && !is_inline {
            remove(FieldLocation::Then, "then");
        }
        // A field without words for its value has another error.
        let is_reported = !field.is_inline() && field.line.is_none();
        let is_absent = is_inline
            || is_used(Source::Absent(index))
            || is_reported
            || field.cardinality == Cardinality::One;
        // link(url = "{page}") with #[dingtalk(else = "none")] page: Option<Url>
        if field.or_else.as_deref().is_some_and(|text| !text.is_empty()) && !is_absent {
            remove(FieldLocation::Else, "else");
        }
        // text("down: {hosts}") with #[dingtalk(line = "- {}", join = ", ")] hosts: Vec<String>
        if field.line.is_some() && is_inline && !templates.writes_line(index) {
            let message = format!("no template has `{{{name}}}` alone on its line: remove `line`");
            findings.push(Location::Field(index, FieldLocation::Line), message);
        }
    }
}
