//! A notification as a tool: its definition for an agent, and what an agent's arguments become.

pub(crate) mod argument;
pub(crate) mod check;
mod definition;
mod lint;
pub(crate) mod literal;
mod portable;
pub(crate) mod reader;
mod schema;
mod set;
mod status;
mod types;

use serde_json::{Map, Value};

use crate::{Faults, Notification, constraint::Field};

pub use self::{
    argument::Argument,
    definition::{Annotations, Definition, Deployment},
    lint::Lint,
    set::{ToolSet, ToolSetError, ToolType},
    status::CallStatus,
};

/// A notification that an agent can send. Derived: see `#[dingtalk(tool(…))]` on [`derive@crate::Notification`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tool",
    label = "does not derive `Notification` with `tool`",
    note = "add `tool(when = \"…\")` to its `#[dingtalk(…)]`"
)]
pub trait Tool: Notification + Sized {
    /// The tool's name. Apart from [`SPEC`](Self::SPEC), so that two types may point to each other.
    const NAME: &'static str;

    /// What the type says of itself.
    const SPEC: ToolSpec;

    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with the arguments, not only the first fault.
    fn parse(arguments: &Map<String, Value>) -> Result<Self, Faults>;
}

/// What a notification type says of itself as a tool. Its [`Definition`] depends on the set it is served with too.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolSpec {
    /// The tool's name, for example `send_cpu_alert`.
    pub name: &'static str,
    /// Its name for people, for example `CPU alert`.
    pub title: &'static str,
    /// What it is for: the first paragraph of the type's documentation.
    pub purpose: &'static str,
    /// When to use it: the rest of a sentence that begins with "when".
    pub when: Option<&'static str>,
    /// When not to use it, likewise.
    pub not_when: Option<&'static str>,
    /// The name of the tool to use instead.
    pub instead: Option<&'static str>,
    /// Whether clients should treat a call as irreversible. It is by default: a message cannot be recalled.
    pub destructive: bool,
    /// The parameters in the order of the fields.
    pub parameters: &'static [Parameter],
    /// Their types.
    pub(crate) types: fn(&mut Types<'_>),
}

/// Tells the type of every parameter.
type Types<'a> = reader::Reader<'a>;

impl ToolSpec {
    /// A specification; used by generated code.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        title: &'static str,
        purpose: &'static str,
        parameters: &'static [Parameter],
        types: fn(&mut Types<'_>),
    ) -> Self {
        Self {
            name,
            title,
            purpose,
            when: None,
            not_when: None,
            instead: None,
            destructive: true,
            parameters,
            types,
        }
    }

    /// Adds when to use it; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn usage(
        mut self,
        when: Option<&'static str>,
        not_when: Option<&'static str>,
        instead: Option<&'static str>,
    ) -> Self {
        self.when = when;
        self.not_when = not_when;
        self.instead = instead;
        self
    }

    /// The JSON Schema of the arguments.
    pub(crate) fn input_schema(&self, deployment: &Deployment) -> Map<String, Value> {
        schema::object(self.parameters, &reader::learn(self.parameters, self.types), deployment)
    }

    /// The parameters of types whose schema some client refuses, and what it refuses. Looks at the types alone: all else in
    /// a schema is ours.
    fn types_that_clients_refuse(&self) -> impl Iterator<Item = (&'static str, String)> {
        let types = reader::learn(self.parameters, self.types);
        self.parameters.iter().zip(types).flat_map(|(parameter, learned)| {
            let found = portable::problems(&schema::value(learned.schema));
            found.into_iter().map(|found| (parameter.field.name, found))
        })
    }

    /// Sets whether clients should treat a call as irreversible; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn destructive(mut self, destructive: bool) -> Self {
        self.destructive = destructive;
        self
    }
}

/// One parameter of a tool.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name and the rules on its value.
    pub field: Field,
    /// What it is: the field's documentation.
    pub description: &'static str,
    /// How many values it takes.
    pub shape: Shape,
    /// Its default as JSON, where that is known.
    pub default: Option<&'static str>,
    /// An example as JSON.
    pub example: Option<&'static str>,
    /// Whom it mentions, if it does: values of a field marked `at`.
    pub mentions: Option<PersonKind>,
}

/// How a parameter names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PersonKind {
    /// By mobile number.
    Number,
    /// By user id.
    Id,
}

impl Parameter {
    /// A parameter; used by generated code.
    #[doc(hidden)]
    pub const fn new(field: Field, description: &'static str, shape: Shape) -> Self {
        Self { field, description, shape, default: None, example: None, mentions: None }
    }

    /// Adds a default and an example; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn values(mut self, default: Option<&'static str>, example: Option<&'static str>) -> Self {
        self.default = default;
        self.example = example;
        self
    }

    /// Says whom it mentions; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn mentions(mut self, kind: PersonKind) -> Self {
        self.mentions = Some(kind);
        self
    }

    /// Must a call give it?
    pub fn is_required(&self) -> bool {
        self.shape == Shape::One
    }
}

/// How many values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Exactly one.
    One,
    /// One, or the field's default.
    Defaulted,
    /// One or none.
    Optional,
    /// Any number; none where it is absent.
    List,
    /// A flag; off where it is absent.
    Flag,
}
