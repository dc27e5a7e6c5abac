//! Literals in defaults and examples, and numbers in constraints.

use dingtalk_template::{Number, declaration::Literal};
use proc_macro2::TokenStream;
use syn::{
    Lit, Token, bracketed,
    parse::{ParseStream, Parser as _},
    punctuated::Punctuated,
};

/// Returns the value of a literal, or of a list of literals.
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
    let literal = match input.parse()? {
        Lit::Str(text) if sign.is_none() => Some(Literal::Text(text.value())),
        Lit::Bool(flag) if sign.is_none() => Some(Literal::Flag(flag.value)),
        number => self::number(sign.is_some(), &number)
            .map(|value| Literal::Number { digits: digits(sign.is_some(), &number), value }),
    };
    literal.ok_or_else(|| input.error("expected a literal"))
}

/// Returns the value of a number literal, without its separators and its suffix.
pub(crate) fn number(negative: bool, literal: &Lit) -> Option<Number> {
    let sign = if negative { "-" } else { "" };
    match literal {
        Lit::Int(integer) => Number::parse(&format!("{sign}{}", integer.base10_digits())),
        Lit::Float(float) => {
            Number::parse(&format!("{sign}{}", float.base10_digits())).map(|number| match number {
                Number::Float(float) => Number::Float(float),
                // `5f64` and `1e3` are floats too.
                Number::Integer(_) => float
                    .base10_parse()
                    .map_or(number, |float: f64| Number::Float(if negative { -float } else { float })),
            })
        }
        _ => None,
    }
}

/// Returns the number as JSON, where `1.` is invalid.
fn digits(negative: bool, literal: &Lit) -> String {
    let sign = if negative { "-" } else { "" };
    match literal {
        Lit::Int(integer) => format!("{sign}{}", integer.base10_digits()),
        Lit::Float(float) => format!("{sign}{}", float.base10_parse::<f64>().unwrap_or_default()),
        _ => String::new(),
    }
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
