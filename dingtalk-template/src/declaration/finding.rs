//! What the rules find, and where.

use super::{Dialect, MessagePart, Rule};

/// What is wrong with a declaration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it concerns.
    pub location: Location,
    /// What is wrong and what to write instead, in the style of rustc.
    pub message: String,
    /// Who says it where the declaration is a Rust type.
    pub told: Told,
}

impl Finding {
    /// Is it about a slot whose name no field has, or about what is no format string?
    pub fn is_of_names(&self) -> bool {
        self.told != Told::Here
    }
}

/// Who reports a finding about a Rust type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// We do.
    Here,
    /// rustc does when it reads the template as a format string, with its caret inside of the literal.
    ByRustc,
    /// We do, and rustc must look all the same.
    ByBoth,
}

/// A part of a declaration that an error can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// The notification itself.
    Notification,
    /// What makes it a message of its kind.
    Message,
    /// One of its templates.
    Part(MessagePart),
    /// The label of a button.
    ButtonLabel(usize),
    /// The target of a button.
    ButtonUrl(usize),
    /// The list that holds more buttons.
    ButtonList,
    /// The list that holds a feed card's items.
    Items,
    /// The robot's keyword.
    Keyword,
    /// A value that an expression computes.
    Computed(usize),
    /// What the notification is for.
    Purpose,
    /// The tool's name, where it is given.
    ToolName,
    /// The tool's title.
    Title,
    /// When to use it.
    When,
    /// When not to use it.
    NotWhen,
    /// What to use instead.
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
    /// What it is, in words.
    Description,
    /// Its type.
    Type,
    /// Its `line`.
    Line,
    /// That it mentions somebody.
    At,
    /// That it mentions everybody.
    AtAll,
    /// That it is no parameter.
    Skip,
    /// The name that replaces its own.
    Rename,
    /// That it has a default.
    HasDefault,
    /// The default itself.
    DefaultValue,
    /// Its example.
    Example,
    /// A rule on its value.
    Rule(Rule),
    /// The lower end of a rule.
    Min(Rule),
    /// The upper end of a rule.
    Max(Rule),
    /// The most elements.
    MaxItems,
    /// That it has no limit.
    Unbounded,
}

/// Collects what is wrong, so that one mistake does not hide the next.
#[derive(Debug)]
pub struct Findings {
    pub(super) dialect: Dialect,
    found: Vec<Finding>,
}

impl Findings {
    /// Nothing is wrong yet.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, found: Vec::new() }
    }

    /// Adds what is wrong.
    pub fn push(&mut self, location: Location, message: impl Into<String>) {
        self.tell(location, message, Told::Here);
    }

    /// A slot that stands in two places is one mistake.
    pub(super) fn tell(&mut self, location: Location, message: impl Into<String>, told: Told) {
        let finding = Finding { location, message: message.into(), told };
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    /// Nothing is wrong.
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
