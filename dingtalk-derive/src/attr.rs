//! Attributes as they are written: syntax only, with the tokens that errors point at.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitBool, LitInt, LitStr, Meta, Path, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
};

use crate::errors::Errors;

/// `#[dingtalk(…)]` on the type.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) messages: Vec<(Ident, MessageAttribute)>,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

/// What the message is.
pub(crate) enum MessageAttribute {
    Text(Option<LitStr>),
    Markdown { title: Option<LitStr>, text: Option<LitStr> },
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

const TYPE_KEYS: [&str; 5] = ["text", "markdown", "tool", "rename_all", "crate"];
const TOOL_KEYS: [&str; 6] = ["name", "title", "when", "not_when", "instead", "destructive"];
const FIELD_KEYS: [&str; 11] = [
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
];

impl TypeAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut read = Self::default();
        each_key(attributes, errors, &mut |key, input| {
            match key.to_string().as_str() {
                "text" => {
                    let template = in_parentheses(input, parse)?;
                    read.messages.push((key.clone(), MessageAttribute::Text(Some(template))));
                }
                "markdown" => {
                    let (mut title, mut text) = (None, None);
                    in_parentheses(input, |input| {
                        keys(input, errors, &mut |key, input| match key.to_string().as_str() {
                            "title" => set(&mut title, key, input, equals, errors),
                            "text" => set(&mut text, key, input, equals, errors),
                            _ => Err(unknown(key, &["title", "text"])),
                        })
                    })?;
                    read.messages.push((key.clone(), MessageAttribute::Markdown { title, text }));
                }
                "tool" => {
                    let tool = ToolAttribute::parse(key.clone(), input, errors)?;
                    replace(&mut read.tool, tool, key, errors);
                }
                "rename_all" => set(&mut read.rename_all, key, input, equals, errors)?,
                "crate" => set(&mut read.krate, key, input, equals, errors)?,
                name if FIELD_KEYS.contains(&name) => {
                    return Err(syn::Error::new_spanned(
                        key,
                        format!("`{name}` belongs on a field, not on the type"),
                    ));
                }
                _ => return Err(unknown(key, &TYPE_KEYS)),
            }
            Ok(())
        });
        read
    }
}

impl ToolAttribute {
    fn parse(keyword: Ident, input: ParseStream<'_>, errors: &Errors) -> syn::Result<Self> {
        let mut tool = Self {
            keyword,
            name: None,
            title: None,
            when: None,
            not_when: None,
            instead: None,
            destructive: None,
        };
        if !input.peek(syn::token::Paren) {
            return Ok(tool);
        }
        in_parentheses(input, |input| {
            keys(input, errors, &mut |key, input| match key.to_string().as_str() {
                "name" => set(&mut tool.name, key, input, equals, errors),
                "title" => set(&mut tool.title, key, input, equals, errors),
                "when" => set(&mut tool.when, key, input, equals, errors),
                "not_when" => set(&mut tool.not_when, key, input, equals, errors),
                "instead" => set(&mut tool.instead, key, input, equals, errors),
                "destructive" => set(&mut tool.destructive, key, input, equals, errors),
                _ => Err(unknown(key, &TOOL_KEYS)),
            })
        })?;
        Ok(tool)
    }
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut read = Self::default();
        each_key(attributes, errors, &mut |key, input| match key.to_string().as_str() {
            "line" => set(&mut read.line, key, input, equals, errors),
            "at" => set(&mut read.at, key, input, |_| Ok(key.clone()), errors),
            "at_all" => set(&mut read.at_all, key, input, |_| Ok(key.clone()), errors),
            "skip" => set(&mut read.skip, key, input, |_| Ok(key.clone()), errors),
            "unbounded" => set(&mut read.unbounded, key, input, |_| Ok(key.clone()), errors),
            "rename" => set(&mut read.rename, key, input, equals, errors),
            "max_items" => set(&mut read.max_items, key, input, equals, errors),
            "default" => set(&mut read.default, key, input, DefaultAttribute::parse, errors),
            "length" => set(&mut read.length, key, input, bounds, errors),
            "bytes" => set(&mut read.bytes, key, input, bounds, errors),
            "range" => set(&mut read.range, key, input, bounds, errors),
            name if TYPE_KEYS.contains(&name) => {
                Err(syn::Error::new_spanned(key, format!("`{name}` belongs on the type, not on a field")))
            }
            _ => Err(unknown(key, &FIELD_KEYS)),
        });
        read
    }
}

impl DefaultAttribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![=]) {
            return Ok(Self { value: None });
        }
        input.parse::<Token![=]>()?;
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
    errors: &Errors,
    read: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("dingtalk")) {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| keys(input, errors, read));
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
}

fn keys(
    input: ParseStream<'_>,
    errors: &Errors,
    read: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        let key = Ident::parse_any(input)?;
        if let Err(error) = read(&key, input) {
            errors.push(error);
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
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    errors: &Errors,
) -> syn::Result<()> {
    let value = parse(input)?;
    replace(slot, value, key, errors);
    Ok(())
}

fn replace<T>(slot: &mut Option<T>, value: T, key: &Ident, errors: &Errors) {
    if slot.is_some() {
        errors.at(key, format!("`{key}` is given twice"));
    }
    *slot = Some(value);
}

fn parse<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse()
}

fn equals<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn in_parentheses<T>(
    input: ParseStream<'_>,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let content;
    parenthesized!(content in input);
    let value = parse(&content)?;
    if content.peek(Token![,]) {
        content.parse::<Token![,]>()?;
    }
    if content.is_empty() { Ok(value) } else { Err(content.error("expected `)`")) }
}

fn bounds(input: ParseStream<'_>) -> syn::Result<BoundsAttribute> {
    in_parentheses(input, |input| {
        let end = |input: ParseStream<'_>| -> syn::Result<TokenStream> {
            let sign: Option<Token![-]> = input.parse()?;
            let number: Lit = input.parse()?;
            if !matches!(number, Lit::Int(_) | Lit::Float(_)) {
                return Err(syn::Error::new_spanned(number, "expected a number"));
            }
            Ok(sign
                .into_iter()
                .map(|sign| sign.to_token_stream())
                .chain([number.to_token_stream()])
                .collect())
        };
        let dots = |input: ParseStream<'_>| input.peek(Token![..]) || input.peek(Token![..=]);
        let min = if dots(input) { None } else { Some(end(input)?) };
        if input.peek(Token![..=]) {
            input.parse::<Token![..=]>()?;
            return Ok(BoundsAttribute { min, max: Some(end(input)?) });
        }
        if !input.peek(Token![..]) {
            return Err(input.error("expected a range such as `1..=64`, `1..` or `..=64`"));
        }
        let open: Token![..] = input.parse()?;
        if !input.is_empty() {
            return Err(syn::Error::new_spanned(open, "write `..=`: both ends are included"));
        }
        if min.is_none() {
            return Err(syn::Error::new_spanned(open, "a range needs at least one end"));
        }
        Ok(BoundsAttribute { min, max: None })
    })
}

/// Everything up to the next comma, or the end.
fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn unknown(key: &Ident, known: &[&str]) -> syn::Error {
    let name = key.to_string();
    let message = match dingtalk_template::suggest(&name, known.iter().copied()) {
        Some(meant) => format!("unknown attribute `{name}`; did you mean `{meant}`?"),
        None => format!("unknown attribute `{name}`; expected one of `{}`", known.join("`, `")),
    };
    syn::Error::new(Span::resolved_at(&key.span(), Span::call_site()), message)
}
