//! Specifications of tools.

use serde_json::{Map, Value};

use super::{
    parameter::{Parameter, Parameters},
    portable,
    reader::{Reader, Types},
    schema::{self, Learned},
};
use crate::constraint::Constraint;

/// Specification of a notification type as a tool. The definition that an agent reads also depends on the set.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolSpec<'a> {
    /// Name of the tool, for example `send_cpu_alert`.
    pub name: &'a str,
    /// Title for people, for example `CPU alert`.
    pub title: &'a str,
    /// Purpose: the first paragraph of the type's documentation.
    pub purpose: &'a str,
    /// Situations to use it in, as the rest of a sentence that begins with "when".
    pub when: Option<&'a str>,
    /// Situations not to use it in, likewise.
    pub not_when: Option<&'a str>,
    /// Name of the tool to use instead.
    pub instead: Option<&'a str>,
    /// Hint that a call is irreversible. Set by default: a message cannot be recalled.
    pub destructive: bool,
    /// Parameters in the order of the fields.
    pub parameters: Parameters<'a>,
    types: Types<'a>,
}

impl<'a> ToolSpec<'a> {
    /// Creates a specification; used by generated code.
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

    /// Adds the situations to use it in; used by generated code.
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

    /// Returns the JSON Schema of the arguments: flat, in declaration order, in the subset that every client supports.
    pub fn input_schema(&self) -> Map<String, Value> {
        self.input_schema_of(self.parameters.iter())
    }

    /// Returns the schema with other descriptions. `parameters` are the tool's own, in order: a server that limits
    /// mentions further says so in them.
    pub fn input_schema_with(&self, parameters: &[Parameter<'_>]) -> Map<String, Value> {
        self.input_schema_of(parameters.iter().copied())
    }

    fn input_schema_of<'p>(&self, parameters: impl Iterator<Item = Parameter<'p>>) -> Map<String, Value> {
        schema::object(parameters, self.types.learn(self.parameters))
    }

    /// Finds the faults of the parameters' types. The rest of a schema is ours.
    pub(super) fn faults_of_types(&self) -> FaultsOfTypes<'a> {
        let mut faults = FaultsOfTypes::default();
        for (parameter, learned) in self.parameters.iter().zip(self.types.learn(self.parameters)) {
            let name = parameter.field.name;
            let refused = portable::problems(&learned.schema);
            // A schema that is refused for other reasons will change.
            if refused.is_empty() && !parameter.is_unbounded {
                faults.unlimited.extend(unlimited_parts(&parameter, learned));
            }
            faults.refused.extend(refused.into_iter().map(|found| (name, found)));
        }
        faults
    }

    /// Sets the hint that a call is irreversible; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn destructive(mut self, destructive: bool) -> Self {
        self.destructive = destructive;
        self
    }
}

/// Faults of the types of a tool's parameters.
#[derive(Default)]
pub(super) struct FaultsOfTypes<'a> {
    /// Parameters whose schema some client refuses, each with the refused part.
    pub(super) refused: Vec<(&'a str, String)>,
    /// Parts without an upper limit. The derive cannot see into foreign types.
    pub(super) unlimited: Vec<String>,
}

fn unlimited_parts(parameter: &Parameter<'_>, learned: Learned) -> impl Iterator<Item = String> {
    let limits_itself = parameter
        .field
        .constraints
        .iter()
        .any(|constraint| matches!(constraint, Constraint::Length { .. } | Constraint::Bytes { .. }));
    let name = parameter.field.name;
    let parts = learned.unlimited.into_iter().filter(move |path| !(path.is_empty() && limits_itself));
    parts.map(move |path| format!("{name}{path}"))
}
