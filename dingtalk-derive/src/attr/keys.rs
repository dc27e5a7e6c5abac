//! How keys are read: every error is kept, and the next key is read all the same.

use std::cell::Cell;

use dingtalk_template::declaration::{ENDLESS_RANGE, NO_NUMBER, NO_RANGE, OPEN_RANGE, Rule};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Lit, LitStr, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
};

use super::PLACES;
use crate::errors::Errors;

/// Where keys stand, and which.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
}

/// Errors while keys are read.
pub(super) struct Reading<'e> {
    errors: &'e Errors,
    failed: Cell<bool>,
}

impl<'e> Reading<'e> {
    pub(super) fn new(errors: &'e Errors) -> Self {
        Self { errors, failed: Cell::new(false) }
    }

    fn error(&self, error: syn::Error) {
        self.failed.set(true);
        self.errors.push(error);
    }

    /// A key could not be read: what seems to be missing may only be misspelt.
    pub(super) fn is_incomplete(&self) -> bool {
        self.failed.get()
    }
}

/// Calls `read` for each key of each `#[dingtalk(…)]`; an error skips to the next key.
pub(super) fn each_key(
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

/// The same for the keys between one pair of parentheses.
pub(super) fn keys(
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

/// Reads the value of a key that is given once.
pub(super) fn set<T>(
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

/// Nothing more belongs to this key.
pub(super) fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// `key`
pub(super) fn alone(key: &Ident, input: ParseStream<'_>) -> syn::Result<Ident> {
    if at_end(input) {
        return Ok(key.clone());
    }
    Err(syn::Error::new_spanned(key, format!("`{key}` takes no value: write it alone")))
}

/// `key = value`
pub(super) fn equals<T: Parse>(key: &Ident, input: ParseStream<'_>) -> syn::Result<T> {
    expect_equals(key, input)?;
    input.parse()
}

/// `key = "…"`
pub(super) fn equals_text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = \"…\"`")));
    }
    input.parse::<Token![=]>()?;
    text(key, input)
}

/// `"…"`, the value of `key`.
pub(super) fn text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    if input.peek(LitStr) {
        return input.parse();
    }
    let given = until_comma(input)?;
    if given.is_empty() {
        // title = , text = "…"
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = \"…\"`")));
    }
    let problem = format!(
        "`{key}` takes a text in quotes: where it is read, constants and macros such as `concat!` have no value yet"
    );
    Err(syn::Error::new_spanned(given, problem))
}

pub(super) fn expect_equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = …`")));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

/// `key(…)`; `example` stands for what belongs between the parentheses.
pub(super) fn in_parentheses<T>(
    key: &Ident,
    example: &str,
    input: ParseStream<'_>,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let wrong = |what| syn::Error::new_spanned(key, format!("`{key}` {what}: write `{key}({example})`"));
    if !input.peek(syn::token::Paren) {
        return Err(wrong("takes parentheses"));
    }
    let content;
    parenthesized!(content in input);
    if content.is_empty() {
        return Err(wrong("has nothing between its parentheses"));
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

/// `a..=b`, `a..` or `..=b`; an end is a number or the path of a constant.
pub(crate) struct BoundsAttribute {
    pub(crate) keyword: Ident,
    pub(crate) min: Option<TokenStream>,
    pub(crate) max: Option<TokenStream>,
}

impl BoundsAttribute {
    /// `key(a..=b)`, `key(a..)` or `key(..=b)`
    pub(super) fn parse(rule: Rule, key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        in_parentheses(key, "1..=64", input, |input| {
            let dots = |input: ParseStream<'_>| input.peek(Token![..]) || input.peek(Token![..=]);
            let min = if dots(input) { None } else { Some(bound(rule, input)?) };
            if input.peek(Token![..=]) {
                input.parse::<Token![..=]>()?;
                return Ok(Self { keyword: key.clone(), min, max: Some(bound(rule, input)?) });
            }
            if !input.peek(Token![..]) {
                return Err(syn::Error::new_spanned(min, NO_RANGE));
            }
            let open: Token![..] = input.parse()?;
            if !input.is_empty() {
                return Err(syn::Error::new_spanned(open, OPEN_RANGE));
            }
            if min.is_none() {
                return Err(syn::Error::new_spanned(open, ENDLESS_RANGE));
            }
            Ok(Self { keyword: key.clone(), min, max: None })
        })
    }
}

/// One end of a range.
fn bound(rule: Rule, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if let Some(constant) = constant(input)? {
        return Ok(constant);
    }
    let sign: Option<Token![-]> = input.parse()?;
    let number = match input.parse() {
        Ok(number @ (Lit::Int(_) | Lit::Float(_))) => number,
        Ok(other) => return Err(syn::Error::new_spanned(other, NO_NUMBER)),
        Err(error) => return Err(syn::Error::new(error.span(), NO_NUMBER)),
    };
    let end = quote!(#sign #number);
    if rule != Rule::Range && (sign.is_some() || matches!(number, Lit::Float(_))) {
        return Err(syn::Error::new_spanned(end, rule.counts()));
    }
    Ok(end)
}

/// `key = 10`, or the path of a constant.
pub(super) fn count(key: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    expect_equals(key, input)?;
    if let Some(constant) = constant(input)? {
        return Ok(constant);
    }
    let number: syn::LitInt = input.parse()?;
    Ok(quote!(#number))
}

fn constant(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    if !(input.peek(Ident::peek_any) || input.peek(Token![::])) || input.peek(syn::LitBool) {
        return Ok(None);
    }
    let path: syn::Path = input.parse()?;
    Ok(Some(quote!(#path)))
}

/// Everything up to the next comma that stands outside of `::<…>`, or the end.
pub(super) fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut generics = 0_usize;
    while !input.is_empty() && (generics > 0 || !input.peek(Token![,])) {
        let opens = input.peek(Token![::]) && input.peek3(Token![<]);
        if opens {
            tokens.extend([input.parse::<TokenTree>()?, input.parse::<TokenTree>()?]);
        }
        generics += usize::from(opens || (generics > 0 && input.peek(Token![<])));
        generics -= usize::from(generics > 0 && input.peek(Token![>]));
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Every identifier among these tokens.
pub(crate) fn identifiers(tokens: TokenStream, visit: &mut dyn FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => visit(&ident),
            TokenTree::Group(group) => identifiers(group.stream(), visit),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

pub(super) fn unknown(key: &Ident, here: &Place) -> syn::Error {
    let name = key.to_string();
    let elsewhere = PLACES.iter().find(|place| place.keys.contains(&name.as_str()));
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
