//! How the two front doors write the same thing.

use super::{Cardinality, Rule};

/// How a declaration is written, so that an error says what to write there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Attributes of a Rust type.
    Attributes,
    /// Tables of a configuration file.
    File,
}

impl Dialect {
    /// A key of a field and its value, as they are added to a field.
    pub(super) fn on_field(self, key: &str, value: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({key} = {value})]"),
            Self::File => format!("{key} = {value}"),
        }
    }

    /// A key of a field that needs no value.
    pub(super) fn flag_on_field(self, key: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({key})]"),
            Self::File => format!("{key} = true"),
        }
    }

    /// A rule and its range.
    pub(super) fn rule(self, rule: Rule, range: &str) -> String {
        let key = rule.key();
        match self {
            Self::Attributes => format!("{key}({range})"),
            Self::File => format!("{key} = \"{range}\""),
        }
    }

    /// The same, as it is added to a field.
    pub(super) fn rule_on_field(self, rule: Rule, range: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({})]", self.rule(rule, range)),
            Self::File => self.rule(rule, range),
        }
    }

    /// What to call a field of this cardinality; `None` for exactly one value.
    pub(super) fn several(self, cardinality: Cardinality) -> Option<&'static str> {
        match (self, cardinality) {
            (_, Cardinality::One) => None,
            (Self::Attributes, Cardinality::Optional) => Some("an `Option`"),
            (Self::Attributes, Cardinality::List) => Some("a `Vec`"),
            (Self::Attributes, Cardinality::Flag) => Some("a `bool`"),
            (Self::File, Cardinality::Optional) => Some("an optional field"),
            (Self::File, Cardinality::List) => Some("a list"),
            (Self::File, Cardinality::Flag) => Some("a flag"),
        }
    }

    /// What a value of this cardinality is where it is not given.
    pub(super) fn absent(self, cardinality: Cardinality) -> &'static str {
        match (self, cardinality) {
            (Self::Attributes, Cardinality::Optional) => "`None`",
            (Self::File, Cardinality::Optional) => "left out",
            (_, Cardinality::List) => "empty",
            (_, Cardinality::One | Cardinality::Flag) => "`false`",
        }
    }

    pub(super) fn flag(self) -> &'static str {
        self.several(Cardinality::Flag).unwrap_or_default()
    }

    pub(super) fn list(self) -> &'static str {
        self.several(Cardinality::List).unwrap_or_default()
    }

    /// The type of a link's target.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Attributes => "Url",
            Self::File => "url",
        }
    }

    /// A type's name with its article.
    pub(super) fn a_type(self, name: &str) -> String {
        match self {
            Self::File if name.starts_with('i') => format!("an `{name}`"),
            _ => format!("a `{name}`"),
        }
    }

    /// Where it is said what the notification is for.
    pub(super) fn purpose(self) -> &'static str {
        match self {
            Self::Attributes => "a doc comment on the type",
            Self::File => "`purpose`",
        }
    }

    /// Where it is said what a field is.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Attributes => "a doc comment",
            Self::File => "`description`",
        }
    }

    /// The words that say it, as those of a field.
    pub(super) fn its_description(self) -> &'static str {
        match self {
            Self::Attributes => "doc comment",
            Self::File => "description",
        }
    }

    /// What to do with a field that is not shown.
    pub(super) fn not_shown(self) -> &'static str {
        match self {
            Self::Attributes => "mark it `#[dingtalk(skip)]`",
            Self::File => "remove it",
        }
    }

    /// What a parameter is part of.
    pub(super) fn notification(self) -> &'static str {
        match self {
            Self::Attributes => "the type",
            Self::File => "the notification",
        }
    }

    /// How a tool is given a name of its own.
    pub(super) fn tool_name(self) -> &'static str {
        match self {
            Self::Attributes => "tool(name = \"…\")",
            Self::File => "name = \"…\"",
        }
    }

    /// How a button is written.
    pub(super) fn button(self) -> &'static str {
        match self {
            Self::Attributes => "button(\"Label\", url = \"…\")",
            Self::File => "buttons = [{ label = \"…\", url = \"…\" }]",
        }
    }

    /// A template's problem: some of them speak of Rust types.
    pub(super) fn problem(self, message: &str) -> String {
        match self {
            Self::Attributes => message.to_owned(),
            Self::File => {
                let said = message.split_once(", or implement `Display`").map_or(message, |(said, _)| said);
                said.replace("type `Url`", "type `url`")
            }
        }
    }
}
