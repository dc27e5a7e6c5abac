//! Findings of the rules, with their locations.

use super::{Dialect, MessagePart, Rule};

/// One violation of a rule by a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Part of the declaration that violates the rule.
    pub location: Location,
    /// The problem and its fix, in the style of rustc.
    pub message: String,
    /// Reporter of the finding, if the declaration is a Rust type.
    pub told: Told,
}

impl Finding {
    /// Reports whether the finding is about an unknown name in a slot, or about a malformed format string.
    pub fn is_of_names(&self) -> bool {
        self.told != Told::Here
    }
}

/// Reporter of a finding about a Rust type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The derive.
    Here,
    /// rustc, when it parses the template as a format string, with its caret inside the literal.
    ByRustc,
    /// The derive, but rustc must check the template too.
    ByBoth,
}

/// A part of a declaration, for the position of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// The notification itself.
    Notification,
    /// The attribute or key that declares the message.
    Message,
    /// A template of the message.
    Part(MessagePart),
    /// The label of a button.
    ButtonLabel(usize),
    /// The target of a button.
    ButtonUrl(usize),
    /// The list with more buttons.
    ButtonList,
    /// The list with the items of a feed card.
    Items,
    /// The robot's keyword.
    Keyword,
    /// The subject, by which waiting messages are merged.
    Group,
    /// The line that represents the message in a digest.
    Digest,
    /// The limit on the number of messages.
    Throttle,
    /// A value that an expression computes.
    Computed(usize),
    /// The purpose of the notification.
    Purpose,
    /// The tool's name, if it is set.
    ToolName,
    /// The tool's title.
    Title,
    /// The situations in which to use the tool.
    When,
    /// The situations in which not to use the tool.
    NotWhen,
    /// The tool to use instead.
    Instead,
    /// A field, by index.
    Field(usize, FieldLocation),
}

/// A part of a field's declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldLocation {
    /// The field as a whole.
    Name,
    /// Its description.
    Description,
    /// Its type.
    Type,
    /// Its `line`.
    Line,
    /// The key `at`.
    At,
    /// The key `at_all`.
    AtAll,
    /// The key `skip`.
    Skip,
    /// The name that replaces its own.
    Rename,
    /// The key `default`.
    HasDefault,
    /// The value of the default.
    DefaultValue,
    /// Its example.
    Example,
    /// A constraint on its value.
    Rule(Rule),
    /// The lower end of a constraint.
    Min(Rule),
    /// The upper end of a constraint.
    Max(Rule),
    /// The maximum number of elements.
    MaxItems,
    /// Maximum number of values that are shown.
    MaxShown,
    /// The line that counts the values which are not shown.
    More,
    /// Maximum number of characters that are shown.
    Truncate,
    /// The text between the values of a list.
    Join,
    /// The text of a flag that is set.
    Then,
    /// The text for no value.
    Else,
    /// The key `multiline`.
    Multiline,
    /// Form in which its values are shown.
    Format,
    /// Time zone in which its values are shown.
    Zone,
    /// The key `unbounded`.
    Unbounded,
}

/// Collects findings, so that one mistake does not hide the next.
#[derive(Debug)]
pub struct Findings {
    pub(super) dialect: Dialect,
    found: Vec<Finding>,
}

impl Findings {
    /// Creates an empty collection.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, found: Vec::new() }
    }

    /// Adds a finding that the derive reports itself.
    pub fn push(&mut self, location: Location, message: impl Into<String>) {
        self.tell(location, message, Told::Here);
    }

    /// Adds a finding, unless it is already known: the same mistake in two slots is one finding.
    pub(super) fn tell(&mut self, location: Location, message: impl Into<String>, told: Told) {
        let finding = Finding { location, message: message.into(), told };
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    /// Returns the number of findings.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Reports whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn of_field(&mut self, index: usize, location: FieldLocation, message: impl Into<String>) {
        self.push(Location::Field(index, location), message);
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}
