//! Defaults and examples that are written as literals: they can be checked, and shown to an agent.

use proc_macro2::TokenStream;
use syn::{
    Lit, Token, bracketed,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

/// A value that is known while the type is compiled.
pub(crate) enum Literal {
    Text(String),
    Number { digits: String, value: f64 },
    Flag(bool),
    List(Vec<Literal>),
}

/// The value of these tokens, if they are a literal, or a list of literals.
pub(crate) fn read(tokens: TokenStream) -> Option<Literal> {
    syn::parse2(tokens).ok()
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let elements = Punctuated::<Self, Token![,]>::parse_terminated(&content)?;
            return Ok(Self::List(elements.into_iter().collect()));
        }
        let sign: Option<Token![-]> = input.parse()?;
        let sign = if sign.is_some() { "-" } else { "" };
        let number = |digits: &str| {
            let digits = format!("{sign}{digits}");
            digits.parse().ok().map(|value: f64| Self::Number { digits, value })
        };
        let literal = match input.parse()? {
            Lit::Str(text) if sign.is_empty() => Some(Self::Text(text.value())),
            Lit::Bool(flag) if sign.is_empty() => Some(Self::Flag(flag.value)),
            Lit::Int(digits) => number(digits.base10_digits()),
            // `1.` is a number in Rust, and none in JSON.
            Lit::Float(digits) => number(digits.base10_parse::<f64>()?.to_string().as_str()),
            _ => None,
        };
        literal.ok_or_else(|| input.error("expected a literal"))
    }
}

impl Literal {
    /// What it is, as the object of a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number { .. } => "a number",
            Self::Flag(_) => "a `bool`",
            Self::List(_) => "a list",
        }
    }

    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn json(&self) -> String {
        match self {
            Self::Text(text) => json_string(text),
            Self::Number { digits, .. } => digits.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(elements) => {
                format!("[{}]", elements.iter().map(Self::json).collect::<Vec<_>>().join(","))
            }
        }
    }
}

fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\u{0}'..='\u{1f}' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => json.push(c),
        }
    }
    json.push('"');
    json
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
