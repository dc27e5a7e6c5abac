//! Slots: the value behind each name, and the reasons why it cannot stand there.

use super::{
    super::{
        Cardinality, Dialect, FieldLocation, FieldRules, FormatKind, FormatSpec, Location, MessageKind,
        Shown, Source, Told, ValueFormat, ValueKind,
    },
    Resolver,
};
use crate::{IN_URL, Resolved, Segment, SlotKind, Syntax, SyntaxError, dedent, grammar::scan, suggest};

impl Resolver<'_> {
    pub(super) fn no_field(&self, name: &str) -> String {
        let meant = suggest(name, self.fields.iter().map(|field| &*field.name));
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        format!("there is no field `{name}`{hint}")
    }

    /// Reports unknown names beside slots that are no slots: rustc does not read such a template.
    pub(super) fn names(&self, location: Location, template: &str) {
        let (segments, errors) = scan(template);
        let is_unreadable = errors.iter().any(|error| matches!(error, SyntaxError::Unsupported { .. }));
        for segment in segments.iter().filter(|_| is_unreadable) {
            if let Segment::Slot { name, .. } = segment
                && !name.is_empty()
                && self.find(name).is_none()
            {
                self.push(location, self.no_field(name));
            }
        }
    }

    /// Reports formats of fields whose `line` is written. Within other text, a slot of such a field may have a format.
    pub(super) fn formats_beside_lines(&self, location: Location, template: &str) {
        for line in dedent(template).lines() {
            if let [Segment::Slot { name, spec }] = scan(line).0[..]
                && !spec.is_empty()
                && let Some(index) = self.fields.iter().position(|field| field.name == name)
                && self.lines[index].is_some()
            {
                self.format_beside_line(location, name, spec);
            }
        }
    }

    pub(super) fn format_beside_line(&self, location: Location, name: &str, spec: &str) {
        let message =
            format!("`{{{name}:{spec}}}`: write the format into the `line` of `{name}`, as `{{:{spec}}}`");
        self.push(location, message);
    }

    /// `${host}` is a slot of a shell. Before a number, the sign may be a price.
    pub(super) fn dollars(&self, location: Location, template: &str) {
        let (segments, _) = scan(template);
        for pair in segments.windows(2) {
            if let [Segment::Text(text), Segment::Slot { name, .. }] = pair
                && text.ends_with('$')
                && let Some(field) = self.fields.iter().find(|field| field.name == *name)
                && matches!(field.value, ValueKind::Text | ValueKind::Own | ValueKind::Flag)
            {
                self.push(location, format!("`${{{name}}}` would show the `$`: write `{{{name}}}`"));
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Source> {
        let field = self.fields.iter().position(|field| field.name == name).map(Source::Field);
        let source = field
            .or_else(|| self.computed.iter().position(|computed| *computed == name).map(Source::Computed))?;
        self.state.borrow_mut().used.insert(name.to_owned());
        Some(source)
    }

    /// Returns the value of a slot in the path, the query or the fragment of a URL.
    pub(super) fn in_url(&self, name: &str, spec: &str, location: Location) -> u16 {
        let Some(source) = self.find(name) else { return self.unknown(name, location) };
        if let Source::Field(index) = source {
            let field = self.fields[index];
            // text = "[page](https://example.com/{people})" with #[dingtalk(at)] people: Vec<UserId>
            let problem = if field.is_mention() {
                Some(format!("`{name}` mentions people, which a URL cannot: remove it, or the mention"))
            } else if let Some(several) = self.dialect.several(field.cardinality) {
                Some(self.several_in_url(name, several, field.cardinality))
            } else if field.value == ValueKind::Markdown {
                let ty = self.dialect.a_type(&field.type_name);
                Some(format!("`{name}` is {ty}, which has marks that a URL would show: write a text"))
            } else {
                None
            };
            if let Some(problem) = problem {
                self.push(location, problem);
            }
        }
        self.value(source, spec, true, location)
    }

    /// Explains a field without exactly one value: `url = "https://example.com/{region}"` with an `Option`.
    pub(super) fn several_in_url(&self, name: &str, several: &str, cardinality: Cardinality) -> String {
        let line = self.dialect.on_field("line", "\"[…](https://…/{})\"");
        match (cardinality, self.dialect) {
            (Cardinality::Flag, Dialect::Attributes) => format!(
                "`{name}` is {several}: a URL takes single values; compute a text: `with(text = if *{name} {{ \"on\" }} \
                 else {{ \"off\" }})`, and write `{{text}}`"
            ),
            (Cardinality::Flag, Dialect::File) => {
                format!("`{name}` is {several}: a URL takes single values, such as a `choice`")
            }
            _ => format!(
                "`{name}` is {several}: a URL takes single values; give each value a link of its own with `{line}`"
            ),
        }
    }

    /// Reports a name that no field has; returns an index for its value.
    pub(super) fn unknown(&self, name: &str, location: Location) -> u16 {
        if name.is_empty() {
            let example = self.fields.first().map_or("host", |field| &field.name);
            let message = format!("a slot is named after a field: write `{{{example}}}`, not `{{}}`");
            self.malformed(location, message, Told::ByBoth);
        } else {
            self.malformed(location, self.no_field(name), Told::ByRustc);
        }
        0
    }

    pub(super) fn resolve(&self, name: &str, spec: &str, location: Location, syntax: Syntax) -> Resolved {
        if let Some(spec) = spec.strip_prefix(IN_URL) {
            return Resolved::inline(self.in_url(name, spec, location));
        }
        let Some(source) = self.find(name) else {
            return Resolved::inline(self.unknown(name, location));
        };
        let Source::Field(index) = source else {
            return Resolved::inline(self.value(source, spec, false, location));
        };
        let field = &self.fields[index];
        let mention = field.is_mention();
        // text("{people:.3}") with #[dingtalk(at)] people
        if mention && !spec.is_empty() {
            self.push(location, format!("`{{{name}:{spec}}}`: a mention has no format; write `{{{name}}}`"));
        }
        if syntax != Syntax::Title
            && let Some(line) = &self.lines[index]
        {
            let inline = self.beside_line(index, field, spec, location);
            if let (Ok(value), false) = (&inline, spec.is_empty()) {
                return Resolved::inline(*value);
            }
            if !spec.is_empty() {
                self.format_beside_line(location, name, spec);
            }
            let (value, following) = self.line_values(index, line);
            return Resolved {
                value,
                kind: SlotKind::Repeated { line: line.code.clone(), following, inline },
            };
        }
        if mention {
            return Resolved::inline(self.value(source, spec, false, location));
        }
        if !field.is_inline()
            && (field.line.is_none() || syntax == Syntax::Title)
            && let Some(several) = self.dialect.several(field.cardinality)
        {
            self.complain(index, field, several, location, syntax);
        }
        let value = self.inline_value(index, field, spec, location);
        let is_block = field.is_multiline && syntax != Syntax::Title;
        Resolved { value, kind: if is_block { SlotKind::Block } else { SlotKind::Inline } }
    }

    /// Returns the value within other text of a field that has a `line`, or the reason why it must stand alone.
    pub(super) fn beside_line(
        &self,
        index: usize,
        field: &FieldRules,
        spec: &str,
        location: Location,
    ) -> Result<u16, String> {
        let name = &field.name;
        let alone = if field.is_multiline { "keeps its own lines" } else { "has a `line` of its own" };
        let reason = format!("`{name}` {alone}, so `{{{name}}}` must stand alone on its line");
        if field.is_multiline || field.cardinality == Cardinality::One {
            return Err(reason);
        }
        if !field.is_inline() {
            let keys = self.dialect.inline_keys(field.cardinality);
            return Err(format!("{reason}; to show it within other text, add `{keys}`"));
        }
        Ok(self.inline_value(index, field, spec, location))
    }

    /// Returns the value of a field within other text.
    pub(super) fn inline_value(
        &self,
        index: usize,
        field: &FieldRules,
        spec: &str,
        location: Location,
    ) -> u16 {
        let name = &field.name;
        if field.cardinality == Cardinality::One || !field.is_inline() {
            return self.value(Source::Field(index), spec, false, location);
        }
        // text("{urgent:.1}") with #[dingtalk(then = "yes")] urgent: bool
        if field.cardinality == Cardinality::Flag && !spec.is_empty() {
            let flag = self.dialect.flag();
            self.push(location, format!("`{{{name}:{spec}}}`: {flag} has no format; write `{{{name}}}`"));
        }
        // markdown(…) with #[dingtalk(join = ", ", max_shown = 3, more = "- {} more")]
        if field.cardinality == Cardinality::List
            && field.max_shown.is_some()
            && self.syntax() == Syntax::Markdown
            && field.more_has_marks()
        {
            let message =
                "`more` is the last value of a sentence too, where it is plain text: remove its marks";
            self.push(Location::Field(index, FieldLocation::More), message);
        }
        self.value(Source::Inline(index), spec, false, location)
    }

    /// Reports a field with any number of values without words on how to show it there.
    pub(super) fn complain(
        &self,
        index: usize,
        field: &FieldRules,
        several: &str,
        location: Location,
        syntax: Syntax,
    ) {
        let name = &field.name;
        let keys = self.dialect.inline_keys(field.cardinality);
        // An `else` without `then` has an error of its own.
        let is_reported =
            field.incomplete || (field.cardinality == Cardinality::Flag && field.or_else.is_some());
        if self.kind == MessageKind::Fragment || syntax == Syntax::Title {
            let whole = if self.kind == MessageKind::Fragment { "a fragment" } else { "a title" };
            self.push(
                location,
                format!(
                    "`{name}` is {several}, and {whole} is one line: say how it is shown there with `{keys}`"
                ),
            );
        } else if !is_reported && self.state.borrow_mut().complained.insert(index) {
            let line = match field.cardinality {
                Cardinality::Flag => "\"what to write when it is set\"",
                _ => "\"… {} …\"",
            };
            let line = self.dialect.on_field("line", line);
            self.push(
                Location::Field(index, FieldLocation::Type),
                format!(
                    "`{name}` is {several}: say how it is shown with `{line}` on a line of its own, or with `{keys}` within other \
                     text"
                ),
            );
        }
    }

    /// Returns the index of a value. Slots that show the same value share an index.
    pub(super) fn value(&self, source: Source, spec: &str, is_whole: bool, location: Location) -> u16 {
        // text("{host:.10}") with #[dingtalk(truncate = 20)] host
        if let Source::Field(index) | Source::Inline(index) = source
            && self.fields[index].truncate.is_some()
            && !spec.is_empty()
            && !is_whole
        {
            let name = &self.fields[index].name;
            self.push(
                location,
                format!(
                    "`{{:{spec}}}`: `truncate` shortens `{name}` already; remove the format, or `truncate`"
                ),
            );
        }
        // text("{size:x}") with #[dingtalk(format = "bytes")] size
        if let Source::Field(index) | Source::Inline(index) = source
            && !spec.is_empty()
            && let Some(problem) = beside_a_format(self.fields[index], spec)
        {
            self.push(location, problem);
        }
        let mut state = self.state.borrow_mut();
        let same = |value: &Shown| value.source == source && value.spec == spec && value.is_whole == is_whole;
        let index = state.values.iter().position(same).unwrap_or_else(|| {
            state.values.push(Shown { source, spec: spec.to_owned(), target: false, is_whole, location });
            state.values.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }
}

/// Returns the problem of a format spec on a field that has a `format`. Only thousands leave something to say.
fn beside_a_format(field: &FieldRules, spec: &str) -> Option<String> {
    let name = &field.name;
    let key = if field.format.is_some() { "format" } else { "zone" };
    match field.value_format()? {
        ValueFormat::Thousands => {
            let FormatSpec { kind, alternate, width, .. } = FormatSpec::parse(spec);
            (kind != FormatKind::Plain || alternate || width > 0).then(|| {
                format!("`{{:{spec}}}`: thousands are separated in decimal numbers: write a precision only, as in `{{:.2}}`")
            })
        }
        _ => Some(format!(
            "`{{:{spec}}}`: `{key}` says how `{name}` is shown; remove the format from the template"
        )),
    }
}
