//! Compilation of the templates of one message.

mod delivery;
mod line;
mod slot;

use std::{cell::RefCell, collections::HashSet};

use super::{
    Cardinality, DeclaredMessage, Dialect, FieldLocation, FieldRules, Findings, Location, MessageKind,
    MessagePart, MessageTemplates, Role, Shown, Source, Templates, Told,
    message::{static_text, unused},
    sentence,
};
use crate::{
    Fragment, IN_URL, LineCode, Problem, Resolved, Syntax, Template, compile, compile_fragment,
    compile_target,
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

    fn report(&self, location: Location, problem: &Problem) {
        let message = self.dialect.problem(&problem.message);
        if problem.malformed {
            self.malformed(location, message, Told::ByRustc);
        } else {
            self.push(location, message);
        }
    }
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
