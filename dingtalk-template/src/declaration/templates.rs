//! Compiles the templates of one message and decides which value each slot shows.

use std::{cell::RefCell, collections::HashSet};

use super::{
    Arity, Declared, Dialect, FieldPlace, FieldRules, Findings, Kind, MessagePart, MessageTemplates, Place,
    Role, Told,
    message::{static_text, unused},
};
use crate::{
    Fragment, LineCode, Piece, Place as SlotPlace, Problem, Resolved, Row, SlotKind, Syntax, Template,
    compile, compile_fragment, compile_line, compile_lines, compile_target, suggest,
};

/// The compiled templates of one message.
#[derive(Debug, Clone)]
pub struct Templates {
    /// Which message it is.
    pub kind: Kind,
    /// In the order of the kind's parts.
    pub parts: Vec<(MessagePart, Template)>,
    /// Labels and targets.
    pub buttons: Vec<(Template, Template)>,
    /// The field that holds more buttons.
    pub button_list: Option<usize>,
    /// The field that holds a feed card's items.
    pub items: Option<usize>,
    /// A piece of other messages.
    pub fragment: Option<Fragment>,
    /// What the slots show, by index.
    pub values: Vec<Shown>,
}

/// A value, as a slot with this format spec shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it comes from.
    pub source: Source,
    /// Its format spec.
    pub spec: String,
    /// The slot is a link's target.
    pub target: bool,
    /// The template that shows it first.
    pub place: Place,
}

/// Where a slot's value comes from, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A field.
    Field(usize),
    /// A value that an expression computes.
    Computed(usize),
}

/// Names and lines while templates are compiled.
struct Resolver<'n> {
    fields: &'n [&'n FieldRules],
    computed: &'n [&'n str],
    kind: Kind,
    dialect: Dialect,
    lines: Vec<Option<(LineCode, String)>>,
    state: RefCell<State<'n>>,
}

struct State<'n> {
    values: Vec<Shown>,
    used: HashSet<String>,
    complained: HashSet<usize>,
    /// Names that no field has, or what is no format string.
    malformed: bool,
    findings: &'n mut Findings,
}

impl Templates {
    /// Compiles the templates of a message that is complete, and reports what is wrong with them; `None` where one of them
    /// cannot be compiled.
    pub fn compile(declared: &Declared<'_>, findings: &mut Findings) -> Option<Self> {
        let message = declared.message;
        let mut resolver = Resolver {
            fields: &declared.fields,
            computed: &declared.computed,
            kind: message.kind,
            dialect: findings.dialect,
            lines: Vec::new(),
            state: RefCell::new(State {
                values: Vec::new(),
                // A field that an expression of `with(…)` reads is used.
                used: declared.read.iter().cloned().collect(),
                complained: HashSet::new(),
                malformed: false,
                findings,
            }),
        };
        resolver.lines =
            declared.fields.iter().enumerate().map(|(index, field)| resolver.line(index, field)).collect();
        let compiled = resolver.message(message);
        let State { values, used, malformed, findings, .. } = resolver.state.into_inner();
        if compiled.is_some() && !malformed {
            unused(declared, &used, findings);
        }
        let mut templates = compiled?;
        templates.values = values;
        templates.mark_targets();
        static_text(declared, &templates, findings);
        Some(templates)
    }

    /// One of its templates.
    pub fn part(&self, wanted: MessagePart) -> Option<&Template> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// The text that is there whatever the values are.
    pub(super) fn static_texts(&self) -> impl Iterator<Item = &str> {
        let buttons = self.buttons.iter().flat_map(|(title, url)| [title, url]);
        self.parts.iter().map(|(_, template)| template).chain(buttons).flat_map(Template::static_texts)
    }

    /// Marks the values that are targets of links in Markdown, whose type must be `Url`.
    fn mark_targets(&mut self) {
        let fragment = self.fragment.iter().map(|fragment| &fragment.markdown);
        let targets: Vec<u16> =
            self.parts.iter().map(|(_, template)| template).chain(fragment).flat_map(link_targets).collect();
        for target in targets {
            if let Some(shown) = self.values.get_mut(usize::from(target)) {
                shown.target = true;
            }
        }
    }
}

/// `1. …` or `1) …`
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// The values that stand as targets of links.
fn link_targets(template: &Template) -> Vec<u16> {
    let of_row = |row: Row<'_>| {
        let target = row.line()?.pieces().find_map(|piece| match piece {
            Piece::Slot { value, place: SlotPlace::LinkTarget, .. } => Some(value),
            _ => None,
        })?;
        // The slot of a repeated line shows the value that the line is for.
        Some(if let Row::Repeated { value, .. } = row { value } else { target })
    };
    template.rows().filter_map(of_row).collect()
}

impl Resolver<'_> {
    fn push(&self, place: Place, message: impl Into<String>) {
        self.state.borrow_mut().findings.push(place, message);
    }

    /// What rustc says of a Rust type, too, with its caret inside of the literal.
    fn malformed(&self, place: Place, message: String, told: Told) {
        let mut state = self.state.borrow_mut();
        state.malformed = true;
        state.findings.tell(place, message, told);
    }

    /// How the body is written.
    fn syntax(&self) -> Syntax {
        match self.kind {
            Kind::Markdown | Kind::ActionCard | Kind::Fragment => Syntax::Markdown,
            Kind::Text | Kind::Link | Kind::FeedCard | Kind::Item => Syntax::Text,
        }
    }

    /// A field's own line.
    fn line(&self, index: usize, field: &FieldRules) -> Option<(LineCode, String)> {
        // What else has a `line` has been refused.
        let line = field.line.as_ref().filter(|_| field.role == Role::Value)?;
        let place = Place::Field(index, FieldPlace::Line);
        let (code, spec) = match compile_line(line, self.syntax()) {
            Ok(compiled) => compiled,
            Err(problem) => {
                self.report(place, &problem);
                return None;
            }
        };
        // #[dingtalk(line = "- urgent")] note: Option<String>
        if spec.is_none() && field.shape != Arity::Flag {
            self.push(place, format!("the line never shows `{}`: write `{{}}` where it belongs", field.name));
        }
        // #[dingtalk(line = "- {}")] urgent: bool
        if spec.is_some() && field.shape == Arity::Flag {
            let flag = self.dialect.flag();
            self.push(
                place,
                format!("{flag} has no text of its own: write what its line says when it is set"),
            );
        }
        // text("{steps}") with #[dingtalk(line = "1. {}")] steps: Vec<String>
        if self.syntax() == Syntax::Text && field.shape == Arity::List && is_numbered(line) {
            self.push(
                place,
                "only Markdown counts, so every line would have this number: write `- {}`, or a `markdown` message",
            );
        }
        Some((code, spec.unwrap_or_default()))
    }

    /// Compiles every part, so that each has its errors reported.
    fn message(&self, message: &MessageTemplates) -> Option<Templates> {
        let mut complete = true;
        let mut parts = Vec::new();
        let mut fragment = None;
        for (part, template) in &message.parts {
            let place = Place::Part(*part);
            let compiled = match (message.kind, part) {
                (Kind::Fragment, _) => {
                    fragment = self.fragment(place, template);
                    complete &= fragment.is_some();
                    continue;
                }
                (_, MessagePart::Title) => self.template(place, template, Syntax::Title),
                (_, MessagePart::Text) => self.template(place, template, self.syntax()),
                (_, MessagePart::Target) => self.target(place, template, false),
                (_, MessagePart::Picture) => self.target(place, template, true),
            };
            complete &= compiled.is_some();
            parts.extend(compiled.map(|template| (*part, template)));
        }
        if message.kind == Kind::Markdown && message.part(MessagePart::Text).is_none() {
            parts.push((MessagePart::Text, self.own_lines()));
        }
        let buttons: Vec<_> = message
            .buttons
            .iter()
            .enumerate()
            .map(|(index, button)| {
                let label = self.template(Place::ButtonLabel(index), &button.label, Syntax::Title);
                (label, self.target(Place::ButtonUrl(index), &button.url, false))
            })
            .collect();
        let button_list = message.button_list.as_ref().map(|buttons| {
            let expected = "the buttons of an action card are a `Vec` of `dingtalk_core::CardButton`";
            self.list(Place::ButtonList, buttons, expected)
        });
        let items = message.items.as_ref().map(|items| {
            let expected = "the items of a feed card are a `Vec` of a type that derives `FeedItem`";
            self.list(Place::Items, items, expected)
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
            values: Vec::new(),
        })
    }

    /// The field that holds a card's items or buttons.
    fn list(&self, place: Place, name: &str, expected: &str) -> Option<usize> {
        let Some(index) = self.fields.iter().position(|field| field.name == name) else {
            self.push(place, self.no_field(name));
            return None;
        };
        self.state.borrow_mut().used.insert(name.to_owned());
        if self.fields[index].shape != Arity::List {
            self.push(Place::Field(index, FieldPlace::Type), expected);
        }
        Some(index)
    }

    fn no_field(&self, name: &str) -> String {
        let meant = suggest(name, self.fields.iter().map(|field| &*field.name));
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        format!("there is no field `{name}`{hint}")
    }

    /// A link outside Markdown: a whole URL, or a value of type `Url`, also an optional one.
    fn target(&self, place: Place, template: &str, media: bool) -> Option<Template> {
        let compiled = compile_target(template, media, &mut |name, _| {
            let Some(source) = self.find(name) else {
                self.malformed(place, self.no_field(name), Told::ByRustc);
                return Resolved::inline(0);
            };
            if let Source::Field(index) = source
                && let shape @ (Arity::List | Arity::Flag) = self.fields[index].shape
            {
                let (several, url) = (self.dialect.several(shape).unwrap_or_default(), self.dialect.url());
                self.push(place, format!("`{name}` is {several}: a link has one target, of type `{url}`"));
            }
            Resolved::inline(self.value(source, "", place))
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
                self.report(place, &problem);
                None
            }
        }
    }

    fn template(&self, place: Place, template: &str, syntax: Syntax) -> Option<Template> {
        match compile(template, syntax, &mut |name, spec| self.resolve(name, spec, place, syntax)) {
            Ok(template) => Some(template),
            Err(problems) => {
                for problem in &problems {
                    self.report(place, problem);
                }
                None
            }
        }
    }

    fn fragment(&self, place: Place, fragment: &str) -> Option<Fragment> {
        // A fragment shows single values, as a title does.
        match compile_fragment(fragment, &mut |name, spec| self.resolve(name, spec, place, Syntax::Title)) {
            Ok(fragment) => Some(fragment),
            Err(problem) => {
                self.report(place, &problem);
                None
            }
        }
    }

    /// Without a template of its own, the text is every field's line, in order.
    fn own_lines(&self) -> Template {
        let lines = self.fields.iter().enumerate().filter_map(|(index, field)| {
            let (line, spec) = self.lines[index].as_ref()?;
            self.state.borrow_mut().used.insert(field.name.clone());
            let place = Place::Field(index, FieldPlace::Line);
            Some((self.value(Source::Field(index), spec, place), line.clone()))
        });
        compile_lines(self.syntax(), lines)
    }

    fn report(&self, place: Place, problem: &Problem) {
        let message = self.dialect.problem(&problem.message);
        if problem.malformed {
            self.malformed(place, message, Told::ByRustc);
        } else {
            self.push(place, message);
        }
    }

    fn find(&self, name: &str) -> Option<Source> {
        let field = self.fields.iter().position(|field| field.name == name).map(Source::Field);
        let source = field
            .or_else(|| self.computed.iter().position(|computed| *computed == name).map(Source::Computed))?;
        self.state.borrow_mut().used.insert(name.to_owned());
        Some(source)
    }

    fn resolve(&self, name: &str, spec: &str, place: Place, syntax: Syntax) -> Resolved {
        let Some(source) = self.find(name) else {
            if name.is_empty() {
                let example = self.fields.first().map_or("host", |field| &field.name);
                let message = format!("a slot is named after a field: write `{{{example}}}`, not `{{}}`");
                self.malformed(place, message, Told::ByBoth);
            } else {
                self.malformed(place, self.no_field(name), Told::ByRustc);
            }
            return Resolved::inline(0);
        };
        let Source::Field(index) = source else { return Resolved::inline(self.value(source, spec, place)) };
        let field = &self.fields[index];
        let mention = field.is_mention();
        // text("{people:.3}") with #[dingtalk(at)] people
        if mention && !spec.is_empty() {
            self.push(place, format!("`{{{name}:{spec}}}`: a mention has no format; write `{{{name}}}`"));
        }
        if syntax != Syntax::Title
            && let Some((line, line_spec)) = &self.lines[index]
        {
            if !spec.is_empty() {
                self.push(
                    place,
                    format!(
                        "`{{{name}:{spec}}}`: write the format into the `line` of `{name}`, as `{{:{spec}}}`"
                    ),
                );
            }
            let value = self.value(source, line_spec, Place::Field(index, FieldPlace::Line));
            return Resolved { value, kind: SlotKind::Repeated(line.clone()) };
        }
        if let (Some(several), false) = (self.dialect.several(field.shape), mention)
            && (field.line.is_none() || syntax == Syntax::Title)
        {
            self.complain(index, field, several, place, syntax);
        }
        Resolved::inline(self.value(source, spec, place))
    }

    /// A field with any number of values cannot stand among other text.
    fn complain(&self, index: usize, field: &FieldRules, several: &str, place: Place, syntax: Syntax) {
        let name = &field.name;
        if self.kind == Kind::Fragment {
            let message = format!(
                "`{name}` is {several}: a fragment shows only single values; show it in the notification"
            );
            self.push(place, message);
        } else if syntax == Syntax::Title {
            self.push(
                place,
                format!("`{name}` is {several}: a title shows only single values; show it in `text`"),
            );
        } else if !field.incomplete && self.state.borrow_mut().complained.insert(index) {
            let line = match field.shape {
                Arity::Flag => "\"what to write when it is set\"",
                _ => "\"… {} …\"",
            };
            let line = self.dialect.on_field("line", line);
            self.push(
                Place::Field(index, FieldPlace::Type),
                format!("`{name}` is {several}: say how it is shown with `{line}`"),
            );
        }
    }

    /// The index of a value; slots that show the same share one.
    fn value(&self, source: Source, spec: &str, place: Place) -> u16 {
        let mut state = self.state.borrow_mut();
        let same = |value: &Shown| value.source == source && value.spec == spec;
        let index = state.values.iter().position(same).unwrap_or_else(|| {
            state.values.push(Shown { source, spec: spec.to_owned(), target: false, place });
            state.values.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }
}
