//! Defaults and examples that are literals, which can be checked, and shown to an agent.

use super::{Cardinality, Dialect};
use crate::Number;

/// A value that is known when the declaration is parsed.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A number.
    Number {
        /// The number in the notation of JSON.
        digits: String,
        /// The value.
        value: Number,
    },
    /// `true` or `false`.
    Flag(bool),
    /// Several values.
    List(Vec<Literal>),
}

impl Literal {
    /// Returns the name of the literal's type, as the object of a sentence.
    pub(super) fn kind(&self, dialect: Dialect) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number { .. } => "a number",
            Self::Flag(_) => dialect.several(Cardinality::Flag).unwrap_or_default(),
            Self::List(_) => "a list",
        }
    }

    /// Returns the text, or the texts in a list.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(elements) => elements.iter().flat_map(Self::texts).collect(),
            Self::Number { .. } | Self::Flag(_) => Vec::new(),
        }
    }

    /// Returns the value as JSON.
    ///
    /// ```
    /// use dingtalk_template::declaration::Literal;
    ///
    /// let list = Literal::List(vec![Literal::Text("a\"b\n".to_owned()), Literal::Flag(true)]);
    /// assert_eq!(list.json(), r#"["a\"b\u000a",true]"#);
    /// ```
    pub fn json(&self) -> String {
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
