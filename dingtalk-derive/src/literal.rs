//! Defaults and examples that are written as literals, and numbers.

use dingtalk_template::declaration::Literal;
use proc_macro2::TokenStream;
use syn::{
    Lit, Token, bracketed,
    parse::{ParseStream, Parser as _},
    punctuated::Punctuated,
};

/// The value of these tokens, if they are a literal, or a list of literals.
pub(crate) fn read(tokens: TokenStream) -> Option<Literal> {
    literal.parse2(tokens).ok()
}

fn literal(input: ParseStream<'_>) -> syn::Result<Literal> {
    if input.peek(syn::token::Bracket) {
        let content;
        bracketed!(content in input);
        let elements = Punctuated::<Literal, Token![,]>::parse_terminated_with(&content, literal)?;
        return Ok(Literal::List(elements.into_iter().collect()));
    }
    let sign: Option<Token![-]> = input.parse()?;
    let sign = if sign.is_some() { "-" } else { "" };
    let number = |digits: &str| {
        let digits = format!("{sign}{digits}");
        digits.parse().ok().map(|value: f64| Literal::Number { digits, value })
    };
    let literal = match input.parse()? {
        Lit::Str(text) if sign.is_empty() => Some(Literal::Text(text.value())),
        Lit::Bool(flag) if sign.is_empty() => Some(Literal::Flag(flag.value)),
        Lit::Int(digits) => number(digits.base10_digits()),
        // `1.` is a number in Rust, and none in JSON.
        Lit::Float(digits) => number(digits.base10_parse::<f64>()?.to_string().as_str()),
        _ => None,
    };
    literal.ok_or_else(|| input.error("expected a literal"))
}

/// The value of a number literal, without its separators and suffix.
pub(crate) fn number(literal: &TokenStream) -> Option<f64> {
    let plain: String = literal.to_string().chars().filter(|c| !matches!(c, '_' | ' ')).collect();
    plain.trim_end_matches(char::is_alphabetic).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_json() {
        for (source, json) in [
            ("\"a\\n\\\"b\\\"\"", "\"a\\u000a\\\"b\\\"\""),
            ("-1_000", "-1000"),
            ("2.5f32", "2.5"),
            ("true", "true"),
            ("[\"a\", \"中\"]", "[\"a\",\"中\"]"),
            ("[]", "[]"),
        ] {
            let literal = read(source.parse().unwrap_or_default());
            assert_eq!(literal.map(|literal| literal.json()).as_deref(), Some(json), "{source}");
        }
        for source in ["a", "-\"a\"", "f()", "1 + 1", "'c'", "[x]"] {
            assert!(read(source.parse().unwrap_or_default()).is_none(), "{source}");
        }
    }
}
