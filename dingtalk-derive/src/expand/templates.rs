//! Compiles the templates of one message and decides which value each slot shows.

use std::{cell::RefCell, collections::HashSet};

use dingtalk_template::{
    Fragment, LineCode, Piece, Place, Problem, Resolved, Row, SlotKind, Syntax, Template, compile,
    compile_fragment, compile_line, compile_lines, compile_target,
};
use proc_macro2::Ident;
use syn::{LitStr, ext::IdentExt as _};

use crate::{
    attr::{Computed, Kind, MessageAttribute, Part, identifiers},
    check,
    errors::Errors,
    model::{Field, Role, Shape, Variant},
};

/// The compiled templates of one message.
pub(crate) struct Templates {
    pub(crate) kind: Kind,
    /// In the order of the kind's parts.
    pub(crate) parts: Vec<(Part, Template)>,
    /// Labels and targets.
    pub(crate) buttons: Vec<(Template, Template)>,
    /// The field that holds more buttons.
    pub(crate) button_list: Option<usize>,
    /// The field that holds a feed card's items.
    pub(crate) items: Option<usize>,
    pub(crate) fragment: Option<Fragment>,
    /// What the slots show, by index.
    pub(crate) values: Vec<Shown>,
}

/// A value, as a slot with this format spec shows it.
#[derive(PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) source: Source,
    pub(crate) spec: String,
    /// The slot is a link's target.
    pub(crate) target: bool,
}

/// Where a slot's value comes from, by index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Field(usize),
    Computed(usize),
}

/// Names and lines while templates are compiled.
struct Resolver<'n, 'a> {
    fields: &'n [Field<'a>],
    computed: &'n [Computed],
    kind: Kind,
    lines: Vec<Option<(LineCode, String)>>,
    errors: &'n Errors,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    values: Vec<Shown>,
    used: HashSet<String>,
    complained: HashSet<usize>,
}

impl Templates {
    /// `None` if the message is incomplete.
    pub(crate) fn compile(variant: &Variant<'_>, errors: &Errors) -> Option<Self> {
        let message = variant.message.as_ref()?;
        let mut resolver = Resolver {
            fields: &variant.fields,
            computed: &variant.computed,
            kind: message.kind,
            lines: Vec::new(),
            errors,
            state: RefCell::default(),
        };
        resolver.lines = variant.fields.iter().map(|field| resolver.line(field)).collect();
        resolver.use_in_expressions();
        let compiled = resolver.message(message);
        let State { values, used, .. } = resolver.state.into_inner();
        if compiled.is_some() && !errors.is_left_to_rustc() {
            check::unused(variant, &used, errors);
        }
        let mut templates = compiled?;
        templates.values = values;
        templates.mark_targets();
        check::static_text(variant, &templates, errors);
        Some(templates)
    }

    pub(crate) fn part(&self, wanted: Part) -> Option<&Template> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// The text that is there whatever the values are.
    pub(crate) fn static_texts(&self) -> impl Iterator<Item = &str> {
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
fn is_numbered(line: &LitStr) -> bool {
    let line = line.value();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// The values that stand as targets of links.
fn link_targets(template: &Template) -> Vec<u16> {
    let of_row = |row: Row<'_>| {
        let target = row.line()?.pieces().find_map(|piece| match piece {
            Piece::Slot { value, place: Place::LinkTarget, .. } => Some(value),
            _ => None,
        })?;
        // The slot of a repeated line shows the value that the line is for.
        Some(if let Row::Repeated { value, .. } = row { value } else { target })
    };
    template.rows().filter_map(of_row).collect()
}

impl Resolver<'_, '_> {
    /// How the body is written.
    fn syntax(&self) -> Syntax {
        match self.kind {
            Kind::Markdown | Kind::ActionCard | Kind::Fragment => Syntax::Markdown,
            Kind::Text | Kind::Link | Kind::FeedCard | Kind::Item => Syntax::Text,
        }
    }

    /// A field's own line.
    fn line(&self, field: &Field<'_>) -> Option<(LineCode, String)> {
        // What else has a `line` has been refused.
        let literal = field.attributes.line.as_ref().filter(|_| field.role == Role::Value)?;
        match compile_line(&literal.value(), self.syntax()) {
            Ok((line, spec)) => {
                // #[dingtalk(line = "- urgent")] note: Option<String>
                if spec.is_none() && !matches!(field.shape, Shape::Flag) {
                    self.errors.at(
                        literal,
                        format!("the line never shows `{}`: write `{{}}` where it belongs", field.name),
                    );
                }
                // #[dingtalk(line = "- {}")] urgent: bool
                if spec.is_some() && matches!(field.shape, Shape::Flag) {
                    self.errors.at(
                        literal,
                        "a `bool` has no text of its own: write what its line says when it is set",
                    );
                }
                // text("{steps}") with #[dingtalk(line = "1. {}")] steps: Vec<String>
                if self.syntax() == Syntax::Text
                    && matches!(field.shape, Shape::List(_))
                    && is_numbered(literal)
                {
                    self.errors.at(
                        literal,
                        "only Markdown counts, so every line would have this number: write `- {}`, or a `markdown` message",
                    );
                }
                Some((line, spec.unwrap_or_default()))
            }
            Err(problem) => {
                self.report(literal, &problem);
                None
            }
        }
    }

    /// A field that an expression of `with(…)` reads is used.
    fn use_in_expressions(&self) {
        let mut state = self.state.borrow_mut();
        for computed in self.computed {
            identifiers(computed.expression.clone(), &mut |ident| {
                state.used.insert(ident.unraw().to_string());
            });
        }
    }

    /// Compiles every part, so that each has its errors reported.
    fn message(&self, message: &MessageAttribute) -> Option<Templates> {
        let mut complete = true;
        let mut parts = Vec::new();
        let mut fragment = None;
        for (part, literal) in &message.parts {
            let compiled = match (message.kind, part) {
                (Kind::Fragment, _) => {
                    fragment = self.fragment(literal);
                    complete &= fragment.is_some();
                    continue;
                }
                (_, Part::Title) => self.template(literal, Syntax::Title),
                (_, Part::Text) => self.template(literal, self.syntax()),
                (_, Part::Url) => self.target(literal, false),
                (_, Part::Picture) => self.target(literal, true),
            };
            complete &= compiled.is_some();
            parts.extend(compiled.map(|template| (*part, template)));
        }
        if message.kind == Kind::Markdown && message.part(Part::Text).is_none() {
            parts.push((Part::Text, self.own_lines()));
        }
        let buttons: Vec<_> = message
            .buttons
            .iter()
            .map(|button| (self.template(&button.title, Syntax::Title), self.target(&button.url, false)))
            .collect();
        let button_list = message.button_list.as_ref().map(|buttons| {
            self.list(buttons, "the buttons of an action card are a `Vec` of `dingtalk_core::CardButton`")
        });
        let items = message.items.as_ref().map(|items| {
            self.list(items, "the items of a feed card are a `Vec` of a type that derives `FeedItem`")
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
    fn list(&self, list: &Ident, expected: &str) -> Option<usize> {
        let name = list.unraw().to_string();
        let Some(index) = self.fields.iter().position(|field| field.name == name) else {
            let meant = dingtalk_template::suggest(&name, self.fields.iter().map(|field| &*field.name));
            let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            self.errors.at(list, format!("there is no field `{name}`{hint}"));
            return None;
        };
        self.state.borrow_mut().used.insert(name);
        if !matches!(self.fields[index].shape, Shape::List(_)) {
            self.errors.at(self.fields[index].ty, expected);
        }
        Some(index)
    }

    /// A link outside Markdown: a whole URL, or a value of type `Url`, also in an `Option`.
    fn target(&self, literal: &LitStr, media: bool) -> Option<Template> {
        let compiled = compile_target(&literal.value(), media, &mut |name, _| {
            let Some(source) = self.find(name) else {
                self.errors.leave_to_rustc();
                return Resolved::inline(0);
            };
            if let Some(several @ ("a `Vec`" | "a `bool`")) = self.several(source) {
                self.errors
                    .at(literal, format!("`{name}` is {several}: a link has one target, of type `Url`"));
            }
            Resolved::inline(self.value(source, ""))
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
                self.report(literal, &problem);
                None
            }
        }
    }

    fn template(&self, literal: &LitStr, syntax: Syntax) -> Option<Template> {
        let compiled =
            compile(&literal.value(), syntax, &mut |name, spec| self.resolve(name, spec, literal, syntax));
        match compiled {
            Ok(template) => Some(template),
            Err(problems) => {
                for problem in &problems {
                    self.report(literal, problem);
                }
                None
            }
        }
    }

    fn fragment(&self, literal: &LitStr) -> Option<Fragment> {
        // A fragment shows single values, as a title does.
        let compiled = compile_fragment(&literal.value(), &mut |name, spec| {
            self.resolve(name, spec, literal, Syntax::Title)
        });
        match compiled {
            Ok(fragment) => Some(fragment),
            Err(problem) => {
                self.report(literal, &problem);
                None
            }
        }
    }

    /// Without a template of its own, the text is every field's line, in order.
    fn own_lines(&self) -> Template {
        let lines = self.fields.iter().enumerate().filter_map(|(index, field)| {
            let (line, spec) = self.lines[index].as_ref()?;
            self.state.borrow_mut().used.insert(field.name.clone());
            Some((self.value(Source::Field(index), spec), line.clone()))
        });
        compile_lines(self.syntax(), lines)
    }

    fn report(&self, literal: &LitStr, problem: &Problem) {
        if problem.malformed {
            // rustc says the same of `format_args!`, with its caret on the very brace.
            self.errors.leave_to_rustc();
        } else {
            self.errors.at(literal, problem);
        }
    }

    fn find(&self, name: &str) -> Option<Source> {
        let field = self.fields.iter().position(|field| field.name == name).map(Source::Field);
        let source = field.or_else(|| {
            self.computed.iter().position(|computed| computed.name == name).map(Source::Computed)
        })?;
        self.state.borrow_mut().used.insert(name.to_owned());
        Some(source)
    }

    /// What to call a source of any number of values.
    fn several(&self, source: Source) -> Option<&'static str> {
        match source {
            Source::Field(index) => self.fields[index].shape.several(),
            Source::Computed(_) => None,
        }
    }

    fn resolve(&self, name: &str, spec: &str, literal: &LitStr, syntax: Syntax) -> Resolved {
        let Some(source) = self.find(name) else {
            if name.is_empty() {
                let example = self.fields.first().map_or("host", |field| &field.name);
                self.errors
                    .at(literal, format!("a slot is named after a field: write `{{{example}}}`, not `{{}}`"));
            }
            self.errors.leave_to_rustc();
            return Resolved::inline(0);
        };
        let Source::Field(index) = source else { return Resolved::inline(self.value(source, spec)) };
        let field = &self.fields[index];
        let mention = matches!(field.role, Role::At | Role::AtAll);
        // text("{people:.3}") with #[dingtalk(at)] people
        if mention && !spec.is_empty() {
            self.errors
                .at(literal, format!("`{{{name}:{spec}}}`: a mention has no format; write `{{{name}}}`"));
        }
        if syntax != Syntax::Title
            && let Some((line, line_spec)) = &self.lines[index]
        {
            if !spec.is_empty() {
                self.errors.at(
                    literal,
                    format!(
                        "`{{{name}:{spec}}}`: write the format into the `line` of `{name}`, as `{{:{spec}}}`"
                    ),
                );
            }
            return Resolved { value: self.value(source, line_spec), kind: SlotKind::Repeated(line.clone()) };
        }
        if let (Some(several), false) = (field.shape.several(), mention)
            && (field.attributes.line.is_none() || syntax == Syntax::Title)
        {
            self.complain(index, field, several, literal, syntax);
        }
        Resolved::inline(self.value(source, spec))
    }

    /// A field with any number of values cannot stand among other text.
    fn complain(&self, index: usize, field: &Field<'_>, several: &str, literal: &LitStr, syntax: Syntax) {
        let name = &field.name;
        if self.kind == Kind::Fragment {
            self.errors.at(
                literal,
                format!(
                    "`{name}` is {several}: a fragment shows only single values; show it in the notification"
                ),
            );
        } else if syntax == Syntax::Title {
            self.errors.at(
                literal,
                format!("`{name}` is {several}: a title shows only single values; show it in `text`"),
            );
        } else if !field.attributes.incomplete && self.state.borrow_mut().complained.insert(index) {
            let line = match field.shape {
                Shape::Flag => "what to write when it is set",
                _ => "… {} …",
            };
            self.errors.at(
                field.ty,
                format!("`{name}` is {several}: say how it is shown with `#[dingtalk(line = \"{line}\")]`"),
            );
        }
    }

    /// The index of a value; slots that show the same share one.
    fn value(&self, source: Source, spec: &str) -> u16 {
        let mut state = self.state.borrow_mut();
        let same = |value: &Shown| value.source == source && value.spec == spec;
        let index = state.values.iter().position(same).unwrap_or_else(|| {
            state.values.push(Shown { source, spec: spec.to_owned(), target: false });
            state.values.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }
}
