//! Attributes as they are written: syntax only, with the tokens that errors point at.

mod keys;
mod message;

use dingtalk_template::declaration::{Kind, Rule};
use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, Lit, LitBool, LitStr, Meta, Path, Type, ext::IdentExt, parse::ParseStream,
};

pub(crate) use self::{
    keys::{BoundsAttribute, identifiers},
    message::MessageAttribute,
};
use self::{
    keys::{
        Place, Reading, alone, at_end, count, each_key, equals, equals_text, expect_equals, set, unknown,
        until_comma,
    },
    message::{ACTION_CARD, BUTTON, FEED_CARD, ITEM, LINK, MARKDOWN},
};
use crate::errors::Errors;

/// `#[dingtalk(…)]` on the type, or on a variant of an enum.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) messages: Vec<MessageAttribute>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) keyword: Option<LitStr>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    pub(crate) incomplete: bool,
}

/// `name = expression` in `with(…)`.
pub(crate) struct Computed {
    pub(crate) ident: Ident,
    /// Its name without `r#`: what templates call it.
    pub(crate) name: String,
    pub(crate) expression: TokenStream,
}

/// `tool(…)`.
pub(crate) struct ToolAttribute {
    pub(crate) keyword: Ident,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) when: Option<LitStr>,
    pub(crate) not_when: Option<LitStr>,
    pub(crate) instead: Option<Type>,
    pub(crate) destructive: Option<LitBool>,
}

/// `#[dingtalk(…)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) line: Option<LitStr>,
    pub(crate) at: Option<Ident>,
    pub(crate) at_all: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) default: Option<DefaultAttribute>,
    pub(crate) example: Option<TokenStream>,
    pub(crate) length: Option<BoundsAttribute>,
    pub(crate) bytes: Option<BoundsAttribute>,
    pub(crate) range: Option<BoundsAttribute>,
    pub(crate) max_items: Option<TokenStream>,
    pub(crate) unbounded: Option<Ident>,
    pub(crate) incomplete: bool,
}

/// `default` or `default = expr`.
pub(crate) struct DefaultAttribute {
    pub(crate) keyword: Ident,
    pub(crate) value: Option<TokenStream>,
}

/// `#[dingtalk(…)]` on a variant of a `Choice`.
#[derive(Default)]
pub(crate) struct ChoiceAttributes {
    pub(crate) rename: Option<LitStr>,
    pub(crate) text: Option<LitStr>,
}

const TYPE: Place = Place {
    name: "on the type",
    keys: &[
        "text",
        "markdown",
        "link",
        "action_card",
        "feed_card",
        "item",
        "fragment",
        "with",
        "tool",
        "keyword",
        "rename_all",
        "crate",
    ],
};
const VARIANT: Place = Place {
    name: "on a variant",
    keys: &["text", "markdown", "link", "action_card", "feed_card", "with", "keyword"],
};
const TOOL: Place =
    Place { name: "in `tool(…)`", keys: &["name", "title", "when", "not_when", "instead", "destructive"] };
const FIELD: Place = Place {
    name: "on a field",
    keys: &[
        "line",
        "at",
        "at_all",
        "skip",
        "rename",
        "default",
        "example",
        "length",
        "bytes",
        "range",
        "max_items",
        "unbounded",
    ],
};
const CHOICE: Place = Place { name: "on a `Choice`", keys: &["rename_all", "crate"] };
const CHOICE_VARIANT: Place = Place { name: "on a variant of a `Choice`", keys: &["rename", "text"] };

/// Where a key that is unknown here may belong.
static PLACES: [&Place; 9] =
    [&TYPE, &MARKDOWN, &LINK, &ACTION_CARD, &FEED_CARD, &ITEM, &BUTTON, &TOOL, &FIELD];

impl TypeAttributes {
    pub(crate) fn of_type(attributes: &[Attribute], errors: &Errors) -> Self {
        Self::read(attributes, &TYPE, errors)
    }

    pub(crate) fn of_variant(attributes: &[Attribute], errors: &Errors) -> Self {
        Self::read(attributes, &VARIANT, errors)
    }

    fn read(attributes: &[Attribute], place: &Place, errors: &Errors) -> Self {
        let reading = Reading::new(errors);
        let mut read = Self::default();
        each_key(attributes, place, &reading, &mut |key, input| {
            let name = key.to_string();
            if !place.keys.contains(&name.as_str()) {
                return Err(unknown(key, place));
            }
            if let Some(kind) = Kind::of(&name) {
                read.messages.push(MessageAttribute::parse(kind, key, input, &reading)?);
                return Ok(());
            }
            match name.as_str() {
                "with" => Computed::parse(key, input, &reading, &mut read.computed),
                "tool" => set(
                    &mut read.tool,
                    key,
                    input,
                    |key, input| ToolAttribute::parse(key, input, &reading),
                    &reading,
                ),
                "keyword" => set(&mut read.keyword, key, input, equals_text, &reading),
                "rename_all" => set(&mut read.rename_all, key, input, equals_text, &reading),
                _ => set(&mut read.krate, key, input, crate_path, &reading),
            }
        });
        read.incomplete = reading.is_incomplete();
        read
    }
}

impl Computed {
    /// `with(name = expression, …)`
    fn parse(
        key: &Ident,
        input: ParseStream<'_>,
        reading: &Reading<'_>,
        computed: &mut Vec<Self>,
    ) -> syn::Result<()> {
        let names = Place { name: "in `with(…)`", keys: &[] };
        keys::in_parentheses(key, "name = expression", input, |input| {
            keys::keys(input, &names, reading, &mut |ident, input| {
                expect_equals(ident, input)?;
                let expression = until_comma(input)?;
                if expression.is_empty() {
                    return Err(syn::Error::new_spanned(
                        ident,
                        format!("`{ident}` needs a value: write an expression behind the `=`"),
                    ));
                }
                let name = ident.unraw().to_string();
                computed.push(Self { ident: ident.clone(), name, expression });
                Ok(())
            })
        })
    }
}

impl ToolAttribute {
    fn parse(keyword: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut tool = Self {
            keyword: keyword.clone(),
            name: None,
            title: None,
            when: None,
            not_when: None,
            instead: None,
            destructive: None,
        };
        if at_end(input) {
            return Ok(tool);
        }
        keys::in_parentheses(keyword, "when = \"…\"", input, |input| {
            keys::keys(input, &TOOL, reading, &mut |key, input| match key.to_string().as_str() {
                "name" => set(&mut tool.name, key, input, equals_text, reading),
                "title" => set(&mut tool.title, key, input, equals_text, reading),
                "when" => set(&mut tool.when, key, input, equals_text, reading),
                "not_when" => set(&mut tool.not_when, key, input, equals_text, reading),
                "instead" => set(&mut tool.instead, key, input, equals, reading),
                "destructive" => set(&mut tool.destructive, key, input, equals, reading),
                _ => Err(unknown(key, &TOOL)),
            })
        })?;
        Ok(tool)
    }

    /// No key is given.
    pub(crate) fn is_bare(&self) -> bool {
        let texts = [&self.name, &self.title, &self.when, &self.not_when];
        texts.iter().all(|text| text.is_none()) && self.instead.is_none() && self.destructive.is_none()
    }
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let reading = Reading::new(errors);
        let mut read = Self::default();
        each_key(attributes, &FIELD, &reading, &mut |key, input| match key.to_string().as_str() {
            "line" => set(&mut read.line, key, input, equals_text, &reading),
            "at" => set(&mut read.at, key, input, alone, &reading),
            "at_all" => set(&mut read.at_all, key, input, alone, &reading),
            "skip" => set(&mut read.skip, key, input, alone, &reading),
            "unbounded" => set(&mut read.unbounded, key, input, alone, &reading),
            "rename" => set(&mut read.rename, key, input, equals_text, &reading),
            "max_items" => set(&mut read.max_items, key, input, count, &reading),
            "default" => set(&mut read.default, key, input, DefaultAttribute::parse, &reading),
            "example" => set(&mut read.example, key, input, expression, &reading),
            "length" => bounds(&mut read.length, Rule::Length, key, input, &reading),
            "bytes" => bounds(&mut read.bytes, Rule::Bytes, key, input, &reading),
            "range" => bounds(&mut read.range, Rule::Range, key, input, &reading),
            _ => Err(unknown(key, &FIELD)),
        });
        read.incomplete = reading.is_incomplete();
        read
    }

    /// The rules that are a range.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &BoundsAttribute> {
        [&self.length, &self.bytes, &self.range].into_iter().flatten()
    }
}

/// `length(…)` and the like
fn bounds(
    slot: &mut Option<BoundsAttribute>,
    rule: Rule,
    key: &Ident,
    input: ParseStream<'_>,
    reading: &Reading<'_>,
) -> syn::Result<()> {
    set(slot, key, input, |key, input| BoundsAttribute::parse(rule, key, input), reading)
}

impl DefaultAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let value = if at_end(input) { None } else { Some(expression(key, input)?) };
        Ok(Self { keyword: key.clone(), value })
    }
}

impl ChoiceAttributes {
    /// `rename_all` and `crate` on the type.
    pub(crate) fn of_type(attributes: &[Attribute], errors: &Errors) -> (Option<LitStr>, Option<Path>) {
        let reading = Reading::new(errors);
        let (mut rename_all, mut krate) = (None, None);
        each_key(attributes, &CHOICE, &reading, &mut |key, input| match key.to_string().as_str() {
            "rename_all" => set(&mut rename_all, key, input, equals_text, &reading),
            "crate" => set(&mut krate, key, input, crate_path, &reading),
            "text" | "rename" => Err(syn::Error::new_spanned(
                key,
                format!("`{key}` belongs on the variants of a `Choice`, not on the type"),
            )),
            _ => Err(unknown(key, &CHOICE)),
        });
        (rename_all, krate)
    }

    pub(crate) fn of_variant(attributes: &[Attribute], errors: &Errors) -> Self {
        let reading = Reading::new(errors);
        let mut read = Self::default();
        each_key(attributes, &CHOICE_VARIANT, &reading, &mut |key, input| match key.to_string().as_str() {
            "rename" => set(&mut read.rename, key, input, equals_text, &reading),
            "text" => set(
                &mut read.text,
                key,
                input,
                |key, input| keys::in_parentheses(key, "\"…\"", input, |input| keys::text(key, input)),
                &reading,
            ),
            _ => Err(unknown(key, &CHOICE_VARIANT)),
        });
        read
    }
}

/// `crate = path`
fn crate_path(key: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    expect_equals(key, input)?;
    Path::parse_mod_style(input)
}

/// `key = expression`
fn expression(key: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    expect_equals(key, input)?;
    let value = until_comma(input)?;
    if value.is_empty() {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = …`")));
    }
    Ok(value)
}

/// The text of `///` comments, one line each; `#[doc = include_str!(…)]` and the like are left out.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) => match &meta.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    lines.join("\n")
}
