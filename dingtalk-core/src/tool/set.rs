//! Tools that are served together.

use std::fmt;

use serde_json::{Map, Value};

use super::{Definition, Deployment, Tool, ToolSpec};
use crate::{Faults, Message};

/// A notification type as a member of a set: its specification and what turns arguments into a message.
#[derive(Debug, Clone, Copy)]
pub struct ToolType {
    spec: ToolSpec,
    message: fn(&Map<String, Value>) -> Result<Message, Faults>,
}

impl ToolType {
    /// The entry of a type.
    pub const fn of<T: Tool>() -> Self {
        Self {
            spec: T::SPEC,
            message: |arguments| T::parse(arguments)?.message().map_err(|invalid| invalid.faults().clone()),
        }
    }

    /// What the type says of itself.
    pub fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    /// Reads the arguments of a call and renders the message.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with the arguments.
    pub fn message(&self, arguments: &Map<String, Value>) -> Result<Message, Faults> {
        (self.message)(arguments)
    }
}

/// The tools that one server offers, in a fixed order.
#[derive(Debug, Clone)]
pub struct ToolSet {
    tools: Vec<ToolType>,
}

impl ToolSet {
    /// A set; usually written `tools![CpuAlert, DiskAlert]`.
    ///
    /// # Errors
    ///
    /// Names the two tools that cannot stand beside each other, or the tool that refers to one outside the set.
    pub fn new(tools: impl IntoIterator<Item = ToolType>) -> Result<Self, ToolSetError> {
        let tools: Vec<ToolType> = tools.into_iter().collect();
        for (index, tool) in tools.iter().enumerate() {
            let spec = tool.spec;
            for other in tools[..index].iter().map(ToolType::spec) {
                let shared = [
                    ("name", spec.name, other.name),
                    ("title", spec.title, other.title),
                    ("description", spec.purpose, other.purpose),
                ];
                if let Some((what, text, _)) = shared.into_iter().find(|(_, this, that)| this == that) {
                    return Err(ToolSetError(format!(
                        "`{}` and `{}` have the same {what}, {text:?}: an agent cannot tell them apart",
                        other.name, spec.name
                    )));
                }
            }
        }
        for spec in tools.iter().map(ToolType::spec) {
            if let Some(instead) = spec.instead
                && !tools.iter().any(|tool| tool.spec.name == instead)
            {
                return Err(ToolSetError(format!(
                    "`{}` points to `{instead}`, which is not in the set: add it, or remove `instead`",
                    spec.name
                )));
            }
        }
        Ok(Self { tools })
    }

    /// The tool with this name.
    pub fn get(&self, name: &str) -> Option<&ToolType> {
        self.tools.iter().find(|tool| tool.spec.name == name)
    }

    /// The tools in order.
    pub fn iter(&self) -> std::slice::Iter<'_, ToolType> {
        self.tools.iter()
    }

    /// What the tools say of themselves, in order.
    pub(super) fn specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.tools.iter().map(ToolType::spec)
    }

    /// What an agent reads of the set.
    pub fn definitions(&self, deployment: &Deployment) -> Vec<Definition> {
        self.specs().map(|spec| Definition::new(spec, self, deployment)).collect()
    }
}

impl<'a> IntoIterator for &'a ToolSet {
    type Item = &'a ToolType;
    type IntoIter = std::slice::Iter<'a, ToolType>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Tools that cannot be served together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSetError(String);

impl fmt::Display for ToolSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ToolSetError {}

/// The entries of notification types, for [`ToolSet::new`] or a server's builder.
#[macro_export]
macro_rules! tools {
    ($($tool:ty),* $(,)?) => {
        [$($crate::ToolType::of::<$tool>()),*]
    };
}
