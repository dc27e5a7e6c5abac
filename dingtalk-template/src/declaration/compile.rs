//! Compilation of the templates of one message, and resolution of their slots.

use std::{cell::RefCell, collections::HashSet};

use super::{
    Cardinality, DeclaredMessage, DeliveryRules, DeliveryTemplates, Dialect, FieldLocation, FieldRules,
    Findings, FormatKind, FormatSpec, Location, MORE, MessageKind, MessagePart, MessageTemplates, Role,
    Shown, Source, Templates, ThrottleTemplates, Told, ValueFormat, ValueKind,
    message::{static_text, unused},
    sentence,
};
use crate::{
    Fragment, IN_URL, LineCode, Problem, Resolved, Segment, SlotKind, Syntax, SyntaxError, Template, compile,
    compile_block, compile_fragment, compile_line, compile_lines, compile_target, dedent, grammar::scan,
    suggest,
};

/// Resolver of names and lines while templates are compiled.
struct Resolver<'n> {
    fields: &'n [&'n FieldRules],
    computed: &'n [&'n str],
    kind: MessageKind,
    dialect: Dialect,
    lines: Vec<Option<OwnLine>>,
    state: RefCell<State<'n>>,
}

/// The `line` of a field.
struct OwnLine {
    code: LineCode,
    /// Format spec of its slot.
    spec: String,
    /// Line that counts the values which `max_shown` leaves out.
    more: Option<LineCode>,
    /// Line of the text for no value.
    absent: Option<LineCode>,
}

struct State<'n> {
    values: Vec<Shown>,
    used: HashSet<String>,
    complained: HashSet<usize>,
    /// True if a slot's name is unknown, or a template is not a format string.
    malformed: bool,
    findings: &'n mut Findings,
}

impl Templates {
    /// Compiles the templates of a complete message, and reports their problems. Returns `None` if one of them cannot
    /// be compiled.
    pub fn compile(declared: &DeclaredMessage<'_>, findings: &mut Findings) -> Option<Self> {
        let message = declared.message;
        let before = findings.count();
        let mut resolver = Resolver {
            fields: &declared.fields,
            computed: &declared.computed,
            kind: message.kind,
            dialect: findings.dialect,
            lines: Vec::new(),
            state: RefCell::new(State {
                values: Vec::new(),
                // A field that an expression of `with(…)` reads counts as used.
                used: declared.read.iter().cloned().collect(),
                complained: HashSet::new(),
                malformed: false,
                findings,
            }),
        };
        resolver.lines =
            declared.fields.iter().enumerate().map(|(index, field)| resolver.line(index, field)).collect();
        let compiled = resolver.message(message);
        let values = std::mem::take(&mut resolver.state.get_mut().values);
        let delivery = resolver.delivery(declared.delivery);
        let State { used, malformed, findings, .. } = resolver.state.into_inner();
        if compiled.is_some() && !malformed {
            unused(declared, &used, findings);
        }
        let mut templates = compiled?;
        templates.values = values;
        templates.delivery = delivery;
        unseen(declared, &templates, findings);
        templates.mark_targets();
        sentence::targets(declared, &templates, findings);
        // A slot that has a problem may be the one that uses a key.
        if !malformed && findings.count() == before {
            sentence::without_effect(declared, &templates, findings);
        }
        static_text(declared, &templates, findings);
        Some(templates)
    }
}

impl Resolver<'_> {
    fn push(&self, location: Location, message: impl Into<String>) {
        self.state.borrow_mut().findings.push(location, message);
    }

    /// Reports a problem that rustc reports too for a Rust type, with its caret inside the literal.
    fn malformed(&self, location: Location, message: String, told: Told) {
        let mut state = self.state.borrow_mut();
        state.malformed = true;
        state.findings.tell(location, message, told);
    }

    /// Returns the syntax of the body.
    fn syntax(&self) -> Syntax {
        match self.kind {
            MessageKind::Markdown | MessageKind::ActionCard | MessageKind::Fragment => Syntax::Markdown,
            MessageKind::Text | MessageKind::Link | MessageKind::FeedCard | MessageKind::Item => Syntax::Text,
        }
    }

    /// Compiles the `line` of a field, if it has one.
    fn line(&self, index: usize, field: &FieldRules) -> Option<OwnLine> {
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
    fn multiline(&self, location: Location, code: &LineCode) -> LineCode {
        // #[dingtalk(multiline, line = "> {}")] log: Option<String>
        if *code != self.slot() {
            let message = "a text with lines of its own stands alone: write `line = \"{}\"`, and other text on another line of \
                           the template";
            self.push(location, message);
        }
        compile_block(self.syntax(), 0)
    }

    /// Compiles the line `{}`.
    fn slot(&self) -> LineCode {
        compile_line("line", "{}", self.syntax())
            .map_or_else(|_| compile_block(self.syntax(), 0), |(code, _)| code)
    }

    /// Compiles the line that counts the values which are left out.
    fn more(&self, index: usize, field: &FieldRules) -> Option<LineCode> {
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

    /// Compiles every part, even after a failure, to report the errors of all.
    fn message(&self, message: &MessageTemplates) -> Option<Templates> {
        let mut complete = true;
        let mut parts = Vec::new();
        let mut fragment = None;
        for (part, template) in &message.parts {
            let location = Location::Part(*part);
            let compiled = match (message.kind, part) {
                (MessageKind::Fragment, _) => {
                    fragment = self.fragment(location, template);
                    complete &= fragment.is_some();
                    continue;
                }
                (_, MessagePart::Title) => self.template(location, template, Syntax::Title),
                (_, MessagePart::Text) => self.template(location, template, self.syntax()),
                (_, MessagePart::Target) => self.target(location, template, false),
                (_, MessagePart::Picture) => self.target(location, template, true),
            };
            complete &= compiled.is_some();
            parts.extend(compiled.map(|template| (*part, template)));
        }
        if message.kind == MessageKind::Markdown && message.part(MessagePart::Text).is_none() {
            parts.push((MessagePart::Text, self.own_lines()));
        }
        let buttons: Vec<_> = message
            .buttons
            .iter()
            .enumerate()
            .map(|(index, button)| {
                let label = self.template(Location::ButtonLabel(index), &button.label, Syntax::Title);
                (label, self.target(Location::ButtonUrl(index), &button.url, false))
            })
            .collect();
        let button_list = message.button_list.as_ref().map(|buttons| {
            let expected =
                "the buttons of an action card are a `Vec` of `dingtalk_core::message::CardButton`";
            self.list(Location::ButtonList, buttons, expected)
        });
        let items = message.items.as_ref().map(|items| {
            let expected = "the items of a feed card are a `Vec` of a type that derives `FeedItem`";
            self.list(Location::Items, items, expected)
        });
        let buttons: Option<Vec<_>> = buttons.into_iter().map(|(title, url)| Some((title?, url?))).collect();
        complete.then_some(())?;
        Some(Templates {
            kind: message.kind,
            parts,
            buttons: buttons?,
            button_list: button_list.map_or(Some(None), |buttons| buttons.map(Some))?,
            items: items.map_or(Some(None), |items| items.map(Some))?,
            fragment,
            delivery: None,
            values: Vec::new(),
        })
    }

    /// Compiles the delivery options. Their values have a list of their own.
    fn delivery(&self, rules: &DeliveryRules) -> Option<DeliveryTemplates> {
        rules.keys().next()?;
        let template = |text: &Option<String>, location: Location, key: &str| {
            text.as_ref().and_then(|text| self.delivery_template(text, location, key))
        };
        let group = template(&rules.group, Location::Group, "group");
        let digest = template(&rules.digest, Location::Digest, "digest");
        let throttle = rules.throttle.as_ref().map(|rule| {
            let by = rule.by.iter().filter_map(|name| {
                // throttle = "1 per 10m by hst"
                if self.find(name).is_none() {
                    self.push(Location::Throttle, self.no_field(name));
                    return None;
                }
                let template =
                    self.delivery_template(&format!("{{{name}}}"), Location::Throttle, "throttle")?;
                Some((name.clone(), template))
            });
            ThrottleTemplates { limit: rule.limit, span: rule.span, by: by.collect() }
        });
        Some(DeliveryTemplates {
            urgent: rules.urgent,
            group,
            digest,
            dedupe: rules.dedupe.as_ref().map(|rule| rule.span),
            throttle,
            values: std::mem::take(&mut self.state.borrow_mut().values),
        })
    }

    /// Compiles a template of the delivery options: one line of plain text.
    fn delivery_template(&self, text: &str, location: Location, key: &str) -> Option<Template> {
        // group = " "
        if text.trim().is_empty() {
            self.push(location, format!("`{key}` is empty: write it, or remove it"));
            return None;
        }
        // digest = "{host}\n{percent}"
        if text.trim().contains('\n') {
            self.push(location, format!("`{key}` is one line: remove the line break"));
            return None;
        }
        let mut resolve = |name: &str, spec: &str| {
            let Some(source) = self.find(name) else {
                return Resolved::inline(self.unknown(name, location));
            };
            let Source::Field(index) = source else {
                return Resolved::inline(self.value(source, spec, false, location));
            };
            let field = self.fields[index];
            let several = self.dialect.several(field.cardinality).filter(|_| !field.is_inline());
            if field.is_mention() {
                // digest = "{people}" with #[dingtalk(at)] people: Vec<Mobile>
                self.push(location, format!("`{name}` mentions people, and `{key}` cannot: remove it"));
            } else if let Some(several) = several {
                // group = "{region}" with region: Option<String>
                let keys = self.dialect.inline_keys(field.cardinality);
                self.push(
                    location,
                    format!("`{name}` is {several}, and `{key}` is one line: say how it is shown there with `{keys}`"),
                );
            }
            if location == Location::Throttle {
                let several = field.cardinality != Cardinality::One && field.is_inline();
                let source = if several { Source::Inline(index) } else { source };
                return Resolved::inline(self.value(source, spec, true, location));
            }
            Resolved::inline(self.inline_value(index, field, spec, location))
        };
        match compile(text, Syntax::Title, &mut resolve) {
            Ok(template) => Some(template),
            Err(problems) => {
                for problem in &problems {
                    self.report(location, problem);
                }
                None
            }
        }
    }

    /// Returns the index of the field with a card's items or buttons.
    fn list(&self, location: Location, name: &str, expected: &str) -> Option<usize> {
        let Some(index) = self.fields.iter().position(|field| field.name == name) else {
            self.push(location, self.no_field(name));
            return None;
        };
        self.state.borrow_mut().used.insert(name.to_owned());
        let field = self.fields[index];
        if field.cardinality != Cardinality::List {
            self.push(Location::Field(index, FieldLocation::Type), expected);
        } else if field.max_shown.is_some() {
            // feed_card(items = stories) with #[dingtalk(max_shown = 3)] stories: Vec<Story>
            self.push(
                Location::Field(index, FieldLocation::MaxShown),
                format!("`{name}` has no `line`, so nothing says how many are left out: write `max_items`"),
            );
        }
        Some(index)
    }

    fn no_field(&self, name: &str) -> String {
        let meant = suggest(name, self.fields.iter().map(|field| &*field.name));
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        format!("there is no field `{name}`{hint}")
    }

    /// Compiles a link outside Markdown: a whole URL, or a value of type `Url`, which may be optional.
    fn target(&self, location: Location, template: &str, media: bool) -> Option<Template> {
        let compiled = compile_target(template, media, &mut |name, spec| {
            if let Some(spec) = spec.strip_prefix(IN_URL) {
                return Resolved::inline(self.in_url(name, spec, location));
            }
            let Some(source) = self.find(name) else {
                self.malformed(location, self.no_field(name), Told::ByRustc);
                return Resolved::inline(0);
            };
            if let Source::Field(index) = source
                && let cardinality @ (Cardinality::List | Cardinality::Flag) = self.fields[index].cardinality
            {
                let (several, url) =
                    (self.dialect.several(cardinality).unwrap_or_default(), self.dialect.url());
                self.push(location, format!("`{name}` is {several}: a link has one target, of type `{url}`"));
            }
            Resolved::inline(self.value(source, "", false, location))
        });
        match compiled {
            Ok((template, value)) => {
                let mut state = self.state.borrow_mut();
                if let Some(shown) = value.and_then(|value| state.values.get_mut(usize::from(value))) {
                    shown.target = true;
                }
                Some(template)
            }
            Err(problem) => {
                self.report(location, &problem);
                None
            }
        }
    }

    fn template(&self, location: Location, template: &str, syntax: Syntax) -> Option<Template> {
        self.dollars(location, template);
        if syntax != Syntax::Title {
            self.formats_beside_lines(location, template);
        }
        match compile(template, syntax, &mut |name, spec| self.resolve(name, spec, location, syntax)) {
            Ok(template) => Some(template),
            Err(problems) => {
                for problem in &problems {
                    self.report(location, problem);
                }
                self.names(location, template);
                None
            }
        }
    }

    /// Reports unknown names beside slots that are no slots: rustc does not read such a template.
    fn names(&self, location: Location, template: &str) {
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
    fn formats_beside_lines(&self, location: Location, template: &str) {
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

    fn format_beside_line(&self, location: Location, name: &str, spec: &str) {
        let message =
            format!("`{{{name}:{spec}}}`: write the format into the `line` of `{name}`, as `{{:{spec}}}`");
        self.push(location, message);
    }

    /// `${host}` is a slot of a shell. Before a number, the sign may be a price.
    fn dollars(&self, location: Location, template: &str) {
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

    fn fragment(&self, location: Location, fragment: &str) -> Option<Fragment> {
        // Like a title, a fragment shows only single values.
        match compile_fragment(fragment, &mut |name, spec| self.resolve(name, spec, location, Syntax::Title))
        {
            Ok(fragment) => Some(fragment),
            Err(problem) => {
                self.report(location, &problem);
                None
            }
        }
    }

    /// Builds the text of a message without a template for it: the lines of all fields, in order.
    fn own_lines(&self) -> Template {
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
    fn line_values(&self, index: usize, line: &OwnLine) -> (u16, Vec<(u16, LineCode)>) {
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

    fn report(&self, location: Location, problem: &Problem) {
        let message = self.dialect.problem(&problem.message);
        if problem.malformed {
            self.malformed(location, message, Told::ByRustc);
        } else {
            self.push(location, message);
        }
    }

    fn find(&self, name: &str) -> Option<Source> {
        let field = self.fields.iter().position(|field| field.name == name).map(Source::Field);
        let source = field
            .or_else(|| self.computed.iter().position(|computed| *computed == name).map(Source::Computed))?;
        self.state.borrow_mut().used.insert(name.to_owned());
        Some(source)
    }

    /// Returns the value of a slot in the path, the query or the fragment of a URL.
    fn in_url(&self, name: &str, spec: &str, location: Location) -> u16 {
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
    fn several_in_url(&self, name: &str, several: &str, cardinality: Cardinality) -> String {
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
    fn unknown(&self, name: &str, location: Location) -> u16 {
        if name.is_empty() {
            let example = self.fields.first().map_or("host", |field| &field.name);
            let message = format!("a slot is named after a field: write `{{{example}}}`, not `{{}}`");
            self.malformed(location, message, Told::ByBoth);
        } else {
            self.malformed(location, self.no_field(name), Told::ByRustc);
        }
        0
    }

    fn resolve(&self, name: &str, spec: &str, location: Location, syntax: Syntax) -> Resolved {
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
    fn beside_line(
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
    fn inline_value(&self, index: usize, field: &FieldRules, spec: &str, location: Location) -> u16 {
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
    fn complain(&self, index: usize, field: &FieldRules, several: &str, location: Location, syntax: Syntax) {
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
    fn value(&self, source: Source, spec: &str, is_whole: bool, location: Location) -> u16 {
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

/// Reports whether a line begins with `1. ` or `1) `.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// Reports fields that are to be shown shortened or in a form, and that no template shows.
fn unseen(declared: &DeclaredMessage<'_>, templates: &Templates, findings: &mut Findings) {
    for (index, field) in declared.fields.iter().enumerate() {
        let name = &field.name;
        let sources = [Source::Field(index), Source::Inline(index)];
        let of_delivery = templates.delivery.iter().flat_map(|delivery| &delivery.values);
        let is_shown =
            templates.values.iter().chain(of_delivery).any(|shown| sources.contains(&shown.source));
        // A field that nothing uses has been reported.
        if is_shown || field.role != Role::Value || !declared.read.contains(name) {
            continue;
        }
        let keys = [
            ("max_shown", FieldLocation::MaxShown, field.max_shown.is_some()),
            ("truncate", FieldLocation::Truncate, field.truncate.is_some()),
        ];
        for (key, location, _) in keys.into_iter().filter(|(.., is_given)| *is_given) {
            // with(first = hosts[0].clone()) with #[dingtalk(max_shown = 3)] hosts: Vec<String>
            let message = format!("no template shows `{name}`, so nothing of it is left out: remove `{key}`");
            findings.of_field(index, location, message);
        }
        let keys =
            [("format", FieldLocation::Format, &field.format), ("zone", FieldLocation::Zone, &field.zone)];
        for (key, location, _) in keys.into_iter().filter(|(.., text)| text.is_some()) {
            // with(day = at.strftime("%d")) with #[dingtalk(zone = "UTC")] at: ZonedDateTime
            findings.of_field(index, location, format!("no template shows `{name}`: remove `{key}`"));
        }
    }
}
