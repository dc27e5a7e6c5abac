//! Compiles the notification's templates and decides which value each slot shows.

use std::{cell::RefCell, collections::HashSet};

use dingtalk_template::{
    Line, Piece, Place, Problem, Resolved, Row, Segment, SlotKind, Syntax, SyntaxError, Template, compile,
    compile_line, compile_lines, compile_target, parse,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{LitStr, ext::IdentExt as _};

use crate::{
    check,
    errors::Errors,
    model::{Body, Field, Notification, Role, Shape},
};

/// The compiled templates of one notification.
pub(crate) struct Templates<'n, 'a> {
    notification: &'n Notification<'a>,
    pub(crate) message: Option<Compiled>,
    /// What the slots show, by index.
    pub(crate) values: Vec<Shown>,
    /// Something is wrong that rustc itself reports, with its caret inside the literal.
    pub(crate) refused: bool,
}

pub(crate) enum Compiled {
    Text(Template),
    Markdown {
        title: Template,
        text: Template,
    },
    Link {
        title: Template,
        text: Template,
        url: Template,
        picture: Option<Template>,
    },
    ActionCard {
        title: Template,
        text: Template,
        buttons: Vec<(Template, Template)>,
        switches: (bool, bool),
    },
    /// The items are this field's.
    FeedCard {
        field: usize,
    },
    Item {
        title: Template,
        url: Template,
        picture: Template,
    },
}

/// A field, as a slot with this format spec shows it.
pub(crate) struct Shown {
    pub(crate) field: usize,
    pub(crate) spec: String,
    /// The slot is a link's target.
    pub(crate) target: bool,
}

/// Names and lines while templates are compiled.
struct Resolver<'n, 'a> {
    fields: &'n [Field<'a>],
    lines: Vec<Option<(Line, String)>>,
    errors: &'n Errors,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    values: Vec<Shown>,
    used: HashSet<String>,
    complained: HashSet<usize>,
    refused: bool,
}

impl<'n, 'a> Templates<'n, 'a> {
    pub(crate) fn compile(notification: &'n Notification<'a>, errors: &'n Errors) -> Self {
        let syntax = match &notification.body {
            Some(Body::Markdown { .. } | Body::ActionCard { .. }) => Syntax::Markdown,
            _ => Syntax::Text,
        };
        let mut resolver =
            Resolver { fields: &notification.fields, lines: Vec::new(), errors, state: RefCell::default() };
        resolver.lines = notification.fields.iter().map(|field| resolver.line(field, syntax)).collect();
        let message = notification.body.as_ref().and_then(|body| resolver.body(body, syntax));
        let State { mut values, used, refused, .. } = resolver.state.into_inner();
        if message.is_some() && !refused {
            check::unused(notification, &used, errors);
        }
        if let Some(Compiled::Markdown { text, .. } | Compiled::ActionCard { text, .. }) = &message {
            mark_targets(text, &mut values);
        }
        Self { notification, message, values, refused }
    }

    /// Never-called functions whose parameters are the fields: rustc checks names and specs, and its caret points
    /// into the literal, because the literal is the user's own token. They stand in a module of their own, so that a
    /// template captures no constant of the user. What our own errors say, rustc is kept from saying again.
    pub(crate) fn name_check(&self) -> TokenStream {
        let templates = self.notification.body.as_ref().map(Body::templates).unwrap_or_default();
        let whole = templates.iter().enumerate().filter_map(|(index, literal)| {
            let names = slot_names(literal)?;
            let function = format_ident!("template_{index}");
            let parameters = self.notification.fields.iter().map(|field| {
                let mut parameter: Ident = syn::parse_str(&field.name)
                    .unwrap_or_else(|_| Ident::new_raw(&field.name, literal.span()));
                parameter.set_span(literal.span());
                quote!(#parameter: &impl Slot)
            });
            // Our own error asks for the name of a `{}`: rustc need not ask for an argument.
            let slot = Ident::new("slot", Span::mixed_site());
            let slots = vec![&slot; names.iter().filter(|name| name.is_empty()).count()];
            let parameters = parameters.chain(slots.first().map(|slot| quote!(#slot: &impl Slot)));
            Some(quote!(fn #function(#(#parameters),*) { let _ = ::core::format_args!(#literal #(, #slots)*); }))
        });
        let lines = self.notification.fields.iter().enumerate().filter_map(|(index, field)| {
            let literal = field.attributes.line.as_ref()?;
            let names = slot_names(literal)?;
            if names.iter().any(|name| !name.is_empty()) {
                return None;
            }
            let function = format_ident!("line_{index}");
            let slots = names.iter().map(|_| quote!(, slot));
            Some(quote! {
                fn #function(slot: &impl Slot) { let _ = ::core::format_args!(#literal #(#slots)*); }
            })
        });
        let formats = ["Display", "LowerHex", "UpperHex", "Octal", "Binary", "LowerExp", "UpperExp"]
            .map(|name| format_ident!("{name}"));
        quote! {
            mod __dingtalk_names {
                trait Slot: #(::core::fmt::#formats +)* {}
                #(#whole)*
                #(#lines)*
            }
        }
    }
}

/// The names of a template's slots, empty for `{}`; `None` where our own errors say all that rustc could.
fn slot_names(template: &LitStr) -> Option<Vec<String>> {
    match parse(&template.value()) {
        Ok(segments) => {
            let name = |segment: &Segment<'_>| match segment {
                Segment::Slot { name, .. } => Some((*name).to_owned()),
                Segment::Text(_) => None,
            };
            Some(segments.iter().filter_map(name).collect())
        }
        Err(SyntaxError::Malformed { .. }) => Some(Vec::new()),
        Err(SyntaxError::Unsupported { .. }) => None,
    }
}

impl Resolver<'_, '_> {
    /// A field's own line.
    fn line(&self, field: &Field<'_>, syntax: Syntax) -> Option<(Line, String)> {
        // What else has a `line` has been refused.
        let literal = field.attributes.line.as_ref().filter(|_| field.role == Role::Value)?;
        match compile_line(&literal.value(), syntax, 0) {
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
                Some((line, spec.unwrap_or_default()))
            }
            Err(problem) => {
                self.report(literal, &problem);
                None
            }
        }
    }

    fn body(&self, body: &Body, syntax: Syntax) -> Option<Compiled> {
        match body {
            Body::Text(text) => self.template(text, syntax).map(Compiled::Text),
            Body::Markdown { title, text } => {
                let title = self.template(title, Syntax::Title);
                let text = match text {
                    Some(text) => self.template(text, syntax),
                    None => Some(self.own_lines(syntax)),
                };
                title.zip(text).map(|(title, text)| Compiled::Markdown { title, text })
            }
            Body::Link { title, text, url, picture } => {
                let (title, text) = (self.template(title, Syntax::Title), self.template(text, syntax));
                let url = self.target(url, false);
                // Without a picture there is nothing to compile; a wrong one has been reported.
                let picture = picture.as_ref().map(|picture| self.target(picture, true));
                let picture = match picture {
                    Some(picture) => Some(picture?),
                    None => None,
                };
                Some(Compiled::Link { title: title?, text: text?, url: url?, picture })
            }
            Body::FeedCard { items } => self.items(items).map(|field| Compiled::FeedCard { field }),
            Body::Item { title, url, picture, .. } => {
                let title = self.template(title, Syntax::Title);
                let (url, picture) = (self.target(url, false), self.target(picture, true));
                Some(Compiled::Item { title: title?, url: url?, picture: picture? })
            }
            Body::ActionCard { title, text, card } => {
                let (title, text) = (self.template(title, Syntax::Title), self.template(text, syntax));
                let buttons: Vec<_> = card
                    .buttons
                    .iter()
                    .map(|button| {
                        self.template(&button.title, Syntax::Title).zip(self.target(&button.url, false))
                    })
                    .collect();
                let switches = (card.horizontal.is_some(), card.hide_avatar.is_some());
                Some(Compiled::ActionCard {
                    title: title?,
                    text: text?,
                    buttons: buttons.into_iter().collect::<Option<_>>()?,
                    switches,
                })
            }
        }
    }

    /// The field that holds a feed card's items.
    fn items(&self, items: &Ident) -> Option<usize> {
        let name = items.unraw().to_string();
        let Some(index) = self.fields.iter().position(|field| field.name == name) else {
            let meant = dingtalk_template::suggest(&name, self.fields.iter().map(|field| &*field.name));
            let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            self.errors.at(items, format!("there is no field `{name}`{hint}"));
            return None;
        };
        self.state.borrow_mut().used.insert(name);
        if !matches!(self.fields[index].shape, Shape::List(_)) {
            self.errors.at(
                self.fields[index].ty,
                "the items of a feed card are a `Vec` of a type that derives `FeedItem`",
            );
        }
        Some(index)
    }

    /// A link outside Markdown: a whole URL, or a field of type `Url`, also in an `Option`.
    fn target(&self, literal: &LitStr, media: bool) -> Option<Template> {
        let compiled = compile_target(&literal.value(), media, &mut |name, _| {
            let Some((index, field)) = self.fields.iter().enumerate().find(|(_, field)| field.name == name)
            else {
                self.state.borrow_mut().refused = true;
                return Resolved::inline(0);
            };
            self.state.borrow_mut().used.insert(name.to_owned());
            if let Shape::List(_) | Shape::Flag = field.shape {
                let several = field.shape.several().unwrap_or_default();
                self.errors
                    .at(literal, format!("`{name}` is {several}: a link has one target, of type `Url`"));
            }
            Resolved::inline(self.value(index, ""))
        });
        match compiled {
            Ok((template, value)) => {
                self.mark_target(value);
                Some(template)
            }
            Err(problem) => {
                self.report(literal, &problem);
                None
            }
        }
    }

    fn mark_target(&self, value: Option<u16>) {
        let mut state = self.state.borrow_mut();
        if let Some(shown) = value.and_then(|value| state.values.get_mut(usize::from(value))) {
            shown.target = true;
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

    /// Without a template of its own, the text is every field's line, in order.
    fn own_lines(&self, syntax: Syntax) -> Template {
        let lines = self.fields.iter().enumerate().filter_map(|(index, field)| {
            let (line, spec) = self.lines[index].as_ref()?;
            self.state.borrow_mut().used.insert(field.name.clone());
            Some((self.value(index, spec), line.clone()))
        });
        compile_lines(syntax, lines)
    }

    fn report(&self, literal: &LitStr, problem: &Problem) {
        if problem.malformed {
            // rustc says the same of `format_args!`, with its caret on the very brace.
            self.state.borrow_mut().refused = true;
        } else {
            self.errors.at(literal, problem);
        }
    }

    fn resolve(&self, name: &str, spec: &str, literal: &LitStr, syntax: Syntax) -> Resolved {
        let Some((index, field)) = self.fields.iter().enumerate().find(|(_, field)| field.name == name)
        else {
            if name.is_empty() {
                let example = self.fields.first().map_or("host", |field| &field.name);
                self.errors
                    .at(literal, format!("a slot is named after a field: write `{{{example}}}`, not `{{}}`"));
            }
            self.state.borrow_mut().refused = true;
            return Resolved::inline(0);
        };
        self.state.borrow_mut().used.insert(name.to_owned());
        let mention = matches!(field.role, Role::At | Role::AtAll);
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
            return Resolved { value: self.value(index, line_spec), kind: SlotKind::Repeated(line.clone()) };
        }
        if let (Some(several), false) = (field.shape.several(), mention)
            && (field.attributes.line.is_none() || syntax == Syntax::Title)
        {
            self.complain(index, field, several, literal, syntax);
        }
        Resolved::inline(self.value(index, spec))
    }

    /// A field with any number of values cannot stand among other text.
    fn complain(&self, index: usize, field: &Field<'_>, several: &str, literal: &LitStr, syntax: Syntax) {
        let name = &field.name;
        if syntax == Syntax::Title {
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

    fn value(&self, field: usize, spec: &str) -> u16 {
        let mut state = self.state.borrow_mut();
        let shown = Shown { field, spec: spec.to_owned(), target: false };
        let same = |value: &Shown| value.field == shown.field && value.spec == shown.spec;
        let index = state.values.iter().position(same).unwrap_or_else(|| {
            state.values.push(shown);
            state.values.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }
}

/// Marks the values that are link targets, whose type must be `Url`.
fn mark_targets(template: &Template, values: &mut [Shown]) {
    let target = |line: &Line| {
        line.pieces.iter().find_map(|piece| match piece {
            Piece::Slot { value, place: Place::LinkTarget, .. } => Some(*value),
            _ => None,
        })
    };
    for row in &*template.rows {
        let value = match row {
            Row::Blank => None,
            Row::Line(line) => target(line),
            Row::Repeated { value, line } => target(line).map(|_| *value),
        };
        if let Some(shown) = value.and_then(|value| values.get_mut(usize::from(value))) {
            shown.target = true;
        }
    }
}
