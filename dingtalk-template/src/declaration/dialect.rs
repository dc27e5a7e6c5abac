//! The two notations of a declaration, for the texts of errors.

use super::{Cardinality, Rule};

/// The notation of a declaration, in which an error proposes a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Attributes of a Rust type.
    Attributes,
    /// Tables of a configuration file.
    File,
}

impl Dialect {
    /// Returns a key with its value, as it is added to a field.
    pub(super) fn on_field(self, key: &str, value: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({key} = {value})]"),
            Self::File => format!("{key} = {value}"),
        }
    }

    /// Returns a key without a value, as it is added to a field.
    pub(super) fn flag_on_field(self, key: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({key})]"),
            Self::File => format!("{key} = true"),
        }
    }

    /// Returns a rule with its range.
    pub(super) fn rule(self, rule: Rule, range: &str) -> String {
        let key = rule.key();
        match self {
            Self::Attributes => format!("{key}({range})"),
            Self::File => format!("{key} = \"{range}\""),
        }
    }

    /// Returns a rule with its range, as it is added to a field.
    pub(super) fn rule_on_field(self, rule: Rule, range: &str) -> String {
        match self {
            Self::Attributes => format!("#[dingtalk({})]", self.rule(rule, range)),
            Self::File => self.rule(rule, range),
        }
    }

    /// Returns the name of a field with this cardinality; `None` for exactly one value.
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

    /// Returns the name of a field with this cardinality.
    pub(super) fn a_field(self, cardinality: Cardinality) -> &'static str {
        self.several(cardinality).unwrap_or("a single value")
    }

    /// Returns the words for an absent value of this cardinality.
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

    /// Returns the name of the type for the target of a link.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Attributes => "Url",
            Self::File => "url",
        }
    }

    /// Returns the name of the type for a person's user id.
    pub(super) fn user_id(self) -> &'static str {
        match self {
            Self::Attributes => "UserId",
            Self::File => "user_id",
        }
    }

    /// Returns the name of a type with its article.
    pub(super) fn a_type(self, name: &str) -> String {
        match self {
            Self::File if name.starts_with('i') => format!("an `{name}`"),
            _ => format!("a `{name}`"),
        }
    }

    /// Returns the place for the purpose of the notification.
    pub(super) fn purpose(self) -> &'static str {
        match self {
            Self::Attributes => "a doc comment on the type",
            Self::File => "`purpose`",
        }
    }

    /// Returns the place for the description of a field.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Attributes => "a doc comment",
            Self::File => "`description`",
        }
    }

    /// Returns the name of a field's description, without an article.
    pub(super) fn its_description(self) -> &'static str {
        match self {
            Self::Attributes => "doc comment",
            Self::File => "description",
        }
    }

    /// Returns the fix for a field that is not shown.
    pub(super) fn not_shown(self) -> &'static str {
        match self {
            Self::Attributes => "mark it `#[dingtalk(skip)]`",
            Self::File => "remove it",
        }
    }

    /// Returns the name for the owner of a parameter.
    pub(super) fn notification(self) -> &'static str {
        match self {
            Self::Attributes => "the type",
            Self::File => "the notification",
        }
    }

    /// Returns the setting of a tool's name.
    pub(super) fn tool_name(self) -> &'static str {
        match self {
            Self::Attributes => "tool(name = \"…\")",
            Self::File => "name = \"…\"",
        }
    }

    /// Returns an example of a button.
    pub(super) fn button(self) -> &'static str {
        match self {
            Self::Attributes => "button(\"Label\", url = \"…\")",
            Self::File => "buttons = [{ label = \"…\", url = \"…\" }]",
        }
    }

    /// Translates the problem of a template, which may mention Rust types.
    pub(super) fn problem(self, message: &str) -> String {
        match self {
            Self::Attributes => message.to_owned(),
            Self::File => {
                let said = message.split_once(", or implement `Display`").map_or(message, |(said, _)| said);
                let said = said.split_once("; compute it with").map_or(said, |(said, _)| said);
                said.replace("type `Url`", "type `url`")
            }
        }
    }
}
