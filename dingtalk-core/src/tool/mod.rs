//! A notification as a tool: what it says of itself to an agent, and what an agent's arguments become.
//!
//! ```
//! use dingtalk_core::{Notification, tool::ToolSet, tools};
//!
//! /// Tell the people on call that a host does not answer.
//! #[derive(Notification)]
//! #[dingtalk(text("{host} is down"), tool(when = "a host stops answering"))]
//! struct HostDown {
//!     /// Host name as in the inventory, for example `web-3`.
//!     #[dingtalk(length(1..=64))]
//!     host: String,
//! }
//!
//! let set = ToolSet::new(tools![HostDown])?;
//! let tool = set.get("send_host_down").expect("the set has it");
//! let arguments = serde_json::json!({"host": "web-3"});
//! let message = tool.message(arguments.as_object().expect("it is an object"))?;
//! assert_eq!(message, dingtalk_core::Message::text("web-3 is down"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod argument;
pub(crate) mod check;
pub mod declared;
pub(crate) mod literal;
mod parameters;
mod portable;
pub(crate) mod reader;
mod schema;
mod set;
mod types;

use serde_json::{Map, Value};

use crate::{Faults, Notification};

pub use self::{
    argument::Argument,
    parameters::{Parameters, ParametersIter},
    set::{ToolSet, ToolSetError, ToolType},
};
pub use crate::constraint::{Constraint, Field};

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
    const SPEC: ToolSpec<'static>;

    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with the arguments, not only the first fault.
    fn parse(arguments: &Map<String, Value>) -> Result<Self, Faults>;
}

/// What a notification type says of itself as a tool. What an agent reads depends on the set it is served with too.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolSpec<'a> {
    /// The tool's name, for example `send_cpu_alert`.
    pub name: &'a str,
    /// Its name for people, for example `CPU alert`.
    pub title: &'a str,
    /// What it is for: the first paragraph of the type's documentation.
    pub purpose: &'a str,
    /// When to use it: the rest of a sentence that begins with "when".
    pub when: Option<&'a str>,
    /// When not to use it, likewise.
    pub not_when: Option<&'a str>,
    /// The name of the tool to use instead.
    pub instead: Option<&'a str>,
    /// Whether clients should treat a call as irreversible. It is by default: a message cannot be recalled.
    pub destructive: bool,
    /// The parameters in the order of the fields.
    pub parameters: Parameters<'a>,
    /// Their types.
    pub(crate) types: fn(&mut Types<'_>),
}

/// Tells the type of every parameter.
type Types<'a> = reader::Reader<'a>;

impl<'a> ToolSpec<'a> {
    /// A specification; used by generated code.
    #[doc(hidden)]
    pub const fn new(
        name: &'a str,
        title: &'a str,
        purpose: &'a str,
        parameters: &'a [Parameter<'a>],
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
            parameters: Parameters::of(parameters),
            types,
        }
    }

    /// Adds when to use it; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn usage(
        mut self,
        when: Option<&'a str>,
        not_when: Option<&'a str>,
        instead: Option<&'a str>,
    ) -> Self {
        self.when = when;
        self.not_when = not_when;
        self.instead = instead;
        self
    }

    /// The JSON Schema of the arguments: flat, in declaration order, in the subset that every client understands.
    pub fn input_schema(&self) -> Map<String, Value> {
        self.input_schema_of(self.parameters.iter())
    }

    /// The same with other words for the parameters, which are the tool's own, in order: a server that mentions fewer
    /// people tells an agent so.
    pub fn input_schema_with(&self, parameters: &[Parameter<'_>]) -> Map<String, Value> {
        self.input_schema_of(parameters.iter().copied())
    }

    fn input_schema_of<'p>(&self, parameters: impl Iterator<Item = Parameter<'p>>) -> Map<String, Value> {
        schema::object(parameters, reader::learn(self.parameters, self.types))
    }

    /// The parameters of types whose schema some client refuses, and what it refuses. Looks at the types alone: all else in
    /// a schema is ours.
    fn types_that_clients_refuse(&self) -> impl Iterator<Item = (&'a str, String)> {
        let types = reader::learn(self.parameters, self.types);
        self.parameters.iter().zip(types).flat_map(|(parameter, learned)| {
            let found = portable::problems(&learned.schema);
            found.into_iter().map(move |found| (parameter.field.name, found))
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
pub struct Parameter<'a> {
    /// Its name and the rules on its value.
    pub field: Field<'a>,
    /// What it is: the field's documentation.
    pub description: &'a str,
    /// How many values it takes.
    pub shape: Shape,
    /// Its default as JSON, where that is known.
    pub default: Option<&'a str>,
    /// An example as JSON.
    pub example: Option<&'a str>,
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

impl<'a> Parameter<'a> {
    /// A parameter; used by generated code.
    #[doc(hidden)]
    pub const fn new(field: Field<'a>, description: &'a str, shape: Shape) -> Self {
        Self { field, description, shape, default: None, example: None, mentions: None }
    }

    /// Adds a default and an example; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn values(mut self, default: Option<&'a str>, example: Option<&'a str>) -> Self {
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
