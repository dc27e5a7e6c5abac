//! Parsers of the text after a key: `= value`, `(…)`, or nothing.

use dingtalk_template::{
    Number,
    declaration::{ENDLESS_RANGE, NO_NUMBER, NO_RANGE, OPEN_RANGE, Rule},
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{
    Lit, LitStr, Path, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse, ParseStream},
};

use super::expression;
use crate::literal;

/// Reports whether the value of this key ends here.
pub(super) fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Parses `key`, without a value.
pub(super) fn alone(key: &Ident, input: ParseStream<'_>) -> syn::Result<Ident> {
    if at_end(input) {
        return Ok(key.clone());
    }
    Err(syn::Error::new_spanned(key, format!("`{key}` takes no value: write it alone")))
}

/// Parses `key = value`.
pub(super) fn equals<T: Parse>(key: &Ident, input: ParseStream<'_>) -> syn::Result<T> {
    expect_equals(key, input)?;
    input.parse()
}

/// Parses `key = "…"`.
pub(super) fn equals_text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = \"…\"`")));
    }
    input.parse::<Token![=]>()?;
    text(key, input)
}

/// Parses `"…"`, the value of `key`.
pub(super) fn text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    if input.peek(LitStr) {
        return input.parse();
    }
    let given = expression::until_comma(input)?;
    if given.is_empty() {
        // title = , text = "…"
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = \"…\"`")));
    }
    let problem = format!(
        "`{key}` takes a text in quotes: where it is read, constants and macros such as `concat!` have no value yet"
    );
    Err(syn::Error::new_spanned(given, problem))
}

/// Parses `key = "…"`, and the text with `parse`; its problem is reported at the text.
pub(super) fn parsed_text<T>(
    key: &Ident,
    input: ParseStream<'_>,
    parse: fn(&str) -> Result<T, String>,
) -> syn::Result<(LitStr, T)> {
    let text = equals_text(key, input)?;
    match parse(&text.value()) {
        Ok(value) => Ok((text, value)),
        Err(problem) => Err(syn::Error::new_spanned(text, problem)),
    }
}

pub(super) fn expect_equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` takes a value: write `{key} = …`")));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

/// Parses `key(…)`; an error shows `example` between the parentheses.
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
        // Without this, the rest would cause another error.
        content.parse::<TokenStream>()?;
    }
    value
}

/// Parses `key = expression`.
pub(super) fn equals_expression(key: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    match any_expression(key, input) {
        (_, Some(problem)) => Err(problem),
        (expression, None) => Ok(expression),
    }
}

/// Parses `key = expression`, and returns the expression with its problem.
pub(super) fn any_expression(key: &Ident, input: ParseStream<'_>) -> (TokenStream, Option<syn::Error>) {
    // with(a: 3)
    if input.peek(Token![:]) && !input.peek(Token![::]) {
        let message = format!("`{key}` takes its value behind `=`: write `{key} = …`");
        return (TokenStream::new(), Some(syn::Error::new_spanned(key, message)));
    }
    match expect_equals(key, input).and_then(|()| expression::until_comma(input)) {
        Ok(expression) if expression.is_empty() => {
            let message = format!("`{key}` takes a value: write `{key} = …`");
            (expression, Some(syn::Error::new_spanned(key, message)))
        }
        Ok(expression) => (expression.clone(), expression::problem(expression)),
        Err(error) => (TokenStream::new(), Some(error)),
    }
}

/// Parses `crate = path`.
pub(super) fn crate_path(key: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    expect_equals(key, input)?;
    if input.peek(LitStr) {
        let quoted: LitStr = input.parse()?;
        let path = quoted.value();
        return Err(syn::Error::new_spanned(
            &quoted,
            format!("a path has no quotes: write `crate = {path}`"),
        ));
    }
    Path::parse_mod_style(input)
}

/// A range: `a..=b`, `a..` or `..=b`. Each end is a number or the path of a constant.
pub(crate) struct BoundsAttribute {
    pub(crate) keyword: Ident,
    pub(crate) min: Option<EndAttribute>,
    pub(crate) max: Option<EndAttribute>,
}

/// One end of a range, or a count.
pub(crate) struct EndAttribute {
    pub(crate) tokens: TokenStream,
    /// Value of a literal; `None` for a constant.
    pub(crate) number: Option<Number>,
}

impl BoundsAttribute {
    /// Parses `key(a..=b)`, `key(a..)` or `key(..=b)`.
    pub(super) fn parse(rule: Rule, key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        in_parentheses(key, "1..=64", input, |input| {
            let dots = |input: ParseStream<'_>| input.peek(Token![..]) || input.peek(Token![..=]);
            let min = if dots(input) { None } else { Some(bound(rule, input)?) };
            if input.peek(Token![..=]) {
                input.parse::<Token![..=]>()?;
                let max = bound(rule, input)?;
                simple_end(input)?;
                return Ok(Self { keyword: key.clone(), min, max: Some(max) });
            }
            if !input.peek(Token![..]) {
                simple_end(input)?;
                return Err(syn::Error::new_spanned(min.map(|min| min.tokens), NO_RANGE));
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

/// Refuses an end that is an expression, such as `length(1..=10 * 2)`.
fn simple_end(input: ParseStream<'_>) -> syn::Result<()> {
    if at_end(input) {
        return Ok(());
    }
    let rest = input.parse::<TokenStream>()?;
    let message =
        "an end is one number, or the path of a constant: write the result, or name it with a `const`";
    Err(syn::Error::new_spanned(rest, message))
}

/// Parses one end of a range.
fn bound(rule: Rule, input: ParseStream<'_>) -> syn::Result<EndAttribute> {
    if let Some(constant) = constant(input)? {
        return Ok(constant);
    }
    let sign: Option<Token![-]> = input.parse()?;
    let literal = match input.parse() {
        Ok(literal @ (Lit::Int(_) | Lit::Float(_))) => literal,
        Ok(other) => return Err(syn::Error::new_spanned(other, NO_NUMBER)),
        Err(error) => return Err(syn::Error::new(error.span(), NO_NUMBER)),
    };
    let tokens = quote!(#sign #literal);
    let number = literal::number(sign.is_some(), &literal);
    let is_counted = rule == Rule::Range || number.and_then(Number::as_count).is_some();
    match number {
        None => Err(syn::Error::new_spanned(tokens, NO_NUMBER)),
        Some(_) if !is_counted || (rule != Rule::Range && matches!(literal, Lit::Float(_))) => {
            Err(syn::Error::new_spanned(tokens, rule.counts()))
        }
        number => Ok(EndAttribute { tokens, number }),
    }
}

/// Parses `key = 10`, or `key =` with the path of a constant.
pub(super) fn count(key: &Ident, input: ParseStream<'_>) -> syn::Result<EndAttribute> {
    expect_equals(key, input)?;
    if let Some(constant) = constant(input)? {
        return Ok(constant);
    }
    let integer: syn::LitInt = input.parse()?;
    let number = literal::number(false, &Lit::Int(integer.clone()));
    Ok(EndAttribute { tokens: quote!(#integer), number })
}

fn constant(input: ParseStream<'_>) -> syn::Result<Option<EndAttribute>> {
    // <Level as Limits>::MAX
    if input.peek(Token![<]) {
        let path: syn::TypePath = input.parse()?;
        return Ok(Some(EndAttribute { tokens: quote!(#path), number: None }));
    }
    if !(input.peek(Ident::peek_any) || input.peek(Token![::])) || input.peek(syn::LitBool) {
        return Ok(None);
    }
    let path: Path = input.parse()?;
    Ok(Some(EndAttribute { tokens: quote!(#path), number: None }))
}
