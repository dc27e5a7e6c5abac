//! Lines of fields: the code of each, and of what stands in for its values.

use super::{
    super::{Cardinality, FieldLocation, FieldRules, Location, MORE, Role, Source, ValueKind},
    OwnLine, Resolver,
};
use crate::{LineCode, Syntax, Template, compile_block, compile_line, compile_lines};

impl Resolver<'_> {
    /// Compiles the `line` of a field, if it has one.
    pub(super) fn line(&self, index: usize, field: &FieldRules) -> Option<OwnLine> {
        // A `line` on a field with another role is refused elsewhere.
        let line = field.line.as_ref().filter(|_| field.role == Role::Value)?;
        let location = Location::Field(index, FieldLocation::Line);
        let (code, spec) = match compile_line("line", line, self.syntax()) {
            Ok(compiled) => compiled,
            Err(problem) => {
                self.report(location, &problem);
                return None;
            }
        };
        // #[dingtalk(line = "- urgent")] note: Option<String>
        if spec.is_none() && field.cardinality != Cardinality::Flag {
            self.push(
                location,
                format!("the line never shows `{}`: write `{{}}` where it belongs", field.name),
            );
        }
        // #[dingtalk(line = "- {}")] urgent: bool
        if spec.is_some() && field.cardinality == Cardinality::Flag {
            let flag = self.dialect.flag();
            self.push(
                location,
                format!("{flag} has no text of its own: write what its line says when it is set"),
            );
        }
        // text("{steps}") with #[dingtalk(line = "1. {}")] steps: Vec<String>
        if self.syntax() == Syntax::Text && field.cardinality == Cardinality::List && is_numbered(line) {
            self.push(
                location,
                "only Markdown counts, so every line would have this number: write `- {}`, or a `markdown` message",
            );
        }
        // #[dingtalk(line = "[log](https://example.com/{})", truncate = 20)] run: Option<String>
        if field.truncate.is_some() && code.shows_in_url() {
            self.push(
                location,
                format!(
                    "`truncate` would cut `{}` in the URL too, so it would lead elsewhere: remove it",
                    field.name
                ),
            );
        }
        let is_text = matches!(field.value, ValueKind::Text | ValueKind::Foreign);
        let code = if field.is_multiline && is_text { self.multiline(location, &code) } else { code };
        let more = field.max_shown.as_ref().and_then(|_| self.more(index, field));
        let absent = field.or_else.as_ref().filter(|text| !text.is_empty()).map(|_| self.slot());
        Some(OwnLine { code, spec: spec.unwrap_or_default(), more, absent })
    }

    /// Returns the line of a text that keeps its own lines, and refuses one with other text.
    pub(super) fn multiline(&self, location: Location, code: &LineCode) -> LineCode {
        // #[dingtalk(multiline, line = "> {}")] log: Option<String>
        if *code != self.slot() {
            let message = "a text with lines of its own stands alone: write `line = \"{}\"`, and other text on another line of \
                           the template";
            self.push(location, message);
        }
        compile_block(self.syntax(), 0)
    }

    /// Compiles the line `{}`.
    pub(super) fn slot(&self) -> LineCode {
        compile_line("line", "{}", self.syntax())
            .map_or_else(|_| compile_block(self.syntax(), 0), |(code, _)| code)
    }

    /// Compiles the line that counts the values which are left out.
    pub(super) fn more(&self, index: usize, field: &FieldRules) -> Option<LineCode> {
        let location = Location::Field(index, FieldLocation::More);
        match compile_line("more", field.more.as_deref().unwrap_or(MORE), self.syntax()) {
            Ok((code, spec)) => {
                // #[dingtalk(max_shown = 3, more = "and {:.1} more")]
                if let Some(spec) = spec.filter(|spec| !spec.is_empty()) {
                    let message = format!("`{{:{spec}}}`: `more` shows a count; write `{{}}`");
                    self.push(location, message);
                }
                Some(code)
            }
            Err(problem) => {
                self.report(location, &problem);
                None
            }
        }
    }

    /// Builds the text of a message without a template for it: the lines of all fields, in order.
    pub(super) fn own_lines(&self) -> Template {
        let lines = self.fields.iter().enumerate().filter_map(|(index, field)| {
            let line = self.lines[index].as_ref()?;
            self.state.borrow_mut().used.insert(field.name.clone());
            let (value, following) = self.line_values(index, line);
            Some(std::iter::once((value, line.code.clone())).chain(following))
        });
        compile_lines(self.syntax(), lines.flatten())
    }

    /// Returns the value that a field's line shows, and the lines that follow, with their values: the count of what it
    /// leaves out, and the text for no value.
    pub(super) fn line_values(&self, index: usize, line: &OwnLine) -> (u16, Vec<(u16, LineCode)>) {
        let location = Location::Field(index, FieldLocation::Line);
        let value = self.value(Source::Field(index), &line.spec, false, location);
        let more = line.more.as_ref().map(|more| {
            let location = Location::Field(index, FieldLocation::More);
            (self.value(Source::LeftOut(index), "", false, location), more.clone())
        });
        let absent = line.absent.as_ref().map(|absent| {
            let location = Location::Field(index, FieldLocation::Else);
            (self.value(Source::Absent(index), "", false, location), absent.clone())
        });
        (value, more.into_iter().chain(absent).collect())
    }
}

/// Reports whether a line begins with `1. ` or `1) `.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
}
