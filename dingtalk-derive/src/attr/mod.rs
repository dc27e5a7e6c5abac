//! Attributes as they are written: syntax only, with the tokens that errors point at.

mod message;

use std::cell::Cell;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitBool, LitInt, LitStr, Meta, Path, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
};

use self::message::{ACTION_CARD, BUTTON, FEED_CARD, ITEM, LINK, MARKDOWN};
pub(crate) use self::message::{ActionCardAttribute, ItemAttribute, LinkAttribute, MessageAttribute};
use crate::errors::Errors;

/// `#[dingtalk(…)]` on the type.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) messages: Vec<(Ident, MessageAttribute)>,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    /// A key could not be read: what seems to be missing may only be misspelt.
    pub(crate) incomplete: bool,
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
    pub(crate) length: Option<BoundsAttribute>,
    pub(crate) bytes: Option<BoundsAttribute>,
    pub(crate) range: Option<BoundsAttribute>,
    pub(crate) max_items: Option<LitInt>,
    pub(crate) unbounded: Option<Ident>,
    /// A key could not be read: what seems to be missing may only be misspelt.
    pub(crate) incomplete: bool,
}

/// `default` or `default = expr`.
pub(crate) struct DefaultAttribute {
    pub(crate) value: Option<TokenStream>,
}

/// `a..=b`, `a..` or `..=b`.
pub(crate) struct BoundsAttribute {
    pub(crate) min: Option<TokenStream>,
    pub(crate) max: Option<TokenStream>,
}

/// Where keys stand, and which.
struct Place {
    name: &'static str,
    keys: &'static [&'static str],
}

const TYPE: Place = Place {
    name: "on the type",
    keys: &["text", "markdown", "link", "action_card", "tool", "rename_all", "crate"],
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
        "length",
        "bytes",
        "range",
        "max_items",
        "unbounded",
    ],
};

/// Errors while keys are read.
struct Reading<'e> {
    errors: &'e Errors,
    failed: Cell<bool>,
}

impl Reading<'_> {
    fn error(&self, error: syn::Error) {
        self.failed.set(true);
        self.errors.push(error);
    }
}

impl TypeAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let reading = Reading { errors, failed: Cell::new(false) };
        let mut read = Self::default();
        each_key(attributes, &TYPE, &reading, &mut |key, input| {
            match key.to_string().as_str() {
                name if MessageAttribute::KEYS.contains(&name) => {
                    read.messages.push((key.clone(), MessageAttribute::parse(key, input, &reading)?));
                }
                "tool" => set(
                    &mut read.tool,
                    key,
                    input,
                    |key, input| ToolAttribute::parse(key, input, &reading),
                    &reading,
                )?,
                "rename_all" => set(&mut read.rename_all, key, input, equals, &reading)?,
                "crate" => set(&mut read.krate, key, input, equals, &reading)?,
                _ => return Err(unknown(key, &TYPE)),
            }
            Ok(())
        });
        read.incomplete = reading.failed.get();
        read
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
        in_parentheses(keyword, "when = \"…\"", input, |input| {
            keys(input, &TOOL, reading, &mut |key, input| match key.to_string().as_str() {
                "name" => set(&mut tool.name, key, input, equals, reading),
                "title" => set(&mut tool.title, key, input, equals, reading),
                "when" => set(&mut tool.when, key, input, equals, reading),
                "not_when" => set(&mut tool.not_when, key, input, equals, reading),
                "instead" => set(&mut tool.instead, key, input, equals, reading),
                "destructive" => set(&mut tool.destructive, key, input, equals, reading),
                _ => Err(unknown(key, &TOOL)),
            })
        })?;
        Ok(tool)
    }
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let reading = Reading { errors, failed: Cell::new(false) };
        let mut read = Self::default();
        each_key(attributes, &FIELD, &reading, &mut |key, input| match key.to_string().as_str() {
            "line" => set(&mut read.line, key, input, equals, &reading),
            "at" => set(&mut read.at, key, input, alone, &reading),
            "at_all" => set(&mut read.at_all, key, input, alone, &reading),
            "skip" => set(&mut read.skip, key, input, alone, &reading),
            "unbounded" => set(&mut read.unbounded, key, input, alone, &reading),
            "rename" => set(&mut read.rename, key, input, equals, &reading),
            "max_items" => set(&mut read.max_items, key, input, equals, &reading),
            "default" => set(&mut read.default, key, input, DefaultAttribute::parse, &reading),
            "length" => set(&mut read.length, key, input, bounds, &reading),
            "bytes" => set(&mut read.bytes, key, input, bounds, &reading),
            "range" => set(&mut read.range, key, input, bounds, &reading),
            _ => Err(unknown(key, &FIELD)),
        });
        read.incomplete = reading.failed.get();
        read
    }
}

impl DefaultAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if at_end(input) {
            return Ok(Self { value: None });
        }
        expect_equals(key, input)?;
        Ok(Self { value: Some(until_comma(input)?) })
    }
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

/// Calls `read` for each key of each `#[dingtalk(…)]`; an error skips to the next key.
fn each_key(
    attributes: &[Attribute],
    place: &Place,
    reading: &Reading<'_>,
    read: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("dingtalk")) {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| keys(input, place, reading, read));
        if let Err(error) = parsed {
            reading.error(error);
        }
    }
}

fn keys(
    input: ParseStream<'_>,
    place: &Place,
    reading: &Reading<'_>,
    read: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        let read_key = Ident::parse_any(input)
            .map_err(|error| {
                syn::Error::new(error.span(), format!("expected one of the keys {}", list(place.keys)))
            })
            .and_then(|key| read(&key, input));
        if let Err(error) = read_key {
            reading.error(error);
            until_comma(input)?;
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn set<T>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream<'_>,
    parse: impl FnOnce(&Ident, ParseStream<'_>) -> syn::Result<T>,
    reading: &Reading<'_>,
) -> syn::Result<()> {
    let value = parse(key, input)?;
    if slot.is_some() {
        reading.errors.at(key, format!("`{key}` is given twice: remove one"));
    }
    *slot = Some(value);
    Ok(())
}

fn parse<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse()
}

/// Nothing more belongs to this key.
fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// `key`
fn alone(key: &Ident, input: ParseStream<'_>) -> syn::Result<Ident> {
    if at_end(input) {
        return Ok(key.clone());
    }
    Err(syn::Error::new_spanned(key, format!("`{key}` takes no value: write it alone")))
}

/// `key = value`
fn equals<T: Parse>(key: &Ident, input: ParseStream<'_>) -> syn::Result<T> {
    expect_equals(key, input)?;
    input.parse()
}

fn expect_equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = …`")));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

/// `key(…)`; `example` stands for what belongs between the parentheses.
fn in_parentheses<T>(
    key: &Ident,
    example: &str,
    input: ParseStream<'_>,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let wrong =
        || syn::Error::new_spanned(key, format!("`{key}` takes parentheses: write `{key}({example})`"));
    if !input.peek(syn::token::Paren) {
        return Err(wrong());
    }
    let content;
    parenthesized!(content in input);
    if content.is_empty() {
        return Err(wrong());
    }
    let value = parse(&content).and_then(|value| {
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        }
        if content.is_empty() { Ok(value) } else { Err(content.error("expected `)`")) }
    });
    if value.is_err() {
        // What is left would be an error of its own.
        content.parse::<TokenStream>()?;
    }
    value
}

/// `key(a..=b)`, `key(a..)` or `key(..=b)`
fn bounds(key: &Ident, input: ParseStream<'_>) -> syn::Result<BoundsAttribute> {
    in_parentheses(key, "1..=64", input, |input| {
        let dots = |input: ParseStream<'_>| input.peek(Token![..]) || input.peek(Token![..=]);
        let min = if dots(input) { None } else { Some(bound(key, input)?) };
        if input.peek(Token![..=]) {
            input.parse::<Token![..=]>()?;
            return Ok(BoundsAttribute { min, max: Some(bound(key, input)?) });
        }
        if !input.peek(Token![..]) {
            return Err(syn::Error::new_spanned(min, "expected a range such as `1..=64`, `1..` or `..=64`"));
        }
        let open: Token![..] = input.parse()?;
        if !input.is_empty() {
            return Err(syn::Error::new_spanned(open, "write `..=`: both ends are included"));
        }
        if min.is_none() {
            return Err(syn::Error::new_spanned(
                open,
                "a range needs at least one end: `1..=64`, `1..` or `..=64`",
            ));
        }
        Ok(BoundsAttribute { min, max: None })
    })
}

/// One end of a range.
fn bound(key: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let sign: Option<Token![-]> = input.parse()?;
    let number = match input.parse() {
        Ok(number @ (Lit::Int(_) | Lit::Float(_))) => number,
        Ok(other) => return Err(syn::Error::new_spanned(other, "expected a number such as `64`")),
        Err(error) => return Err(syn::Error::new(error.span(), "expected a number such as `64`")),
    };
    let end = quote!(#sign #number);
    if key != "range" && (sign.is_some() || matches!(number, Lit::Float(_))) {
        return Err(syn::Error::new_spanned(
            end,
            format!("`{key}` counts: expected a whole number such as `64`"),
        ));
    }
    Ok(end)
}

/// Everything up to the next comma, or the end.
fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn unknown(key: &Ident, here: &Place) -> syn::Error {
    let name = key.to_string();
    let elsewhere = [TYPE, MARKDOWN, LINK, ACTION_CARD, FEED_CARD, ITEM, BUTTON, TOOL, FIELD]
        .into_iter()
        .find(|place| place.keys.contains(&name.as_str()));
    let message = match (elsewhere, dingtalk_template::suggest(&name, here.keys.iter().copied())) {
        (Some(there), _) => format!("`{name}` belongs {}, not {}", there.name, here.name),
        (None, Some(meant)) => format!("unknown attribute `{name}`; did you mean `{meant}`?"),
        (None, None) => format!("unknown attribute `{name}`; expected one of {}", list(here.keys)),
    };
    syn::Error::new_spanned(key, message)
}

fn list(keys: &[&str]) -> String {
    format!("`{}`", keys.join("`, `"))
}
