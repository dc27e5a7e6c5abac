//! What a tool says of itself.

use serde_json::{Map, Value};

use super::{
    parameter::{Parameter, Parameters},
    portable,
    reader::{Reader, Types},
    schema,
};

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
    types: Types<'a>,
}

impl<'a> ToolSpec<'a> {
    /// A specification; used by generated code.
    #[doc(hidden)]
    pub const fn new(
        name: &'a str,
        title: &'a str,
        purpose: &'a str,
        parameters: &'a [Parameter<'a>],
        types: fn(&mut Reader<'_>),
    ) -> Self {
        Self::of(name, title, purpose, Parameters::of(parameters), Types::Visited(types))
    }

    pub(super) const fn of(
        name: &'a str,
        title: &'a str,
        purpose: &'a str,
        parameters: Parameters<'a>,
        types: Types<'a>,
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
        schema::object(parameters, self.types.learn(self.parameters))
    }

    /// The parameters of types whose schema some client refuses, and what it refuses. Looks at the types alone: all else in
    /// a schema is ours.
    pub(super) fn types_that_clients_refuse(&self) -> impl Iterator<Item = (&'a str, String)> {
        let types = self.types.learn(self.parameters);
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
