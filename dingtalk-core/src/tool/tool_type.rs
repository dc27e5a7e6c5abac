//! A notification as a tool: a type, or a declaration that was read while the program runs.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Tool,
    declared::{Declaration, DeclaredTool, Finding},
    spec::ToolSpec,
};
use crate::{Faults, Message};

/// A notification as a member of a set: its specification and what turns arguments into a message. It is a type, or
/// declared while the program runs.
#[derive(Debug, Clone)]
pub struct ToolType(Origin);

#[derive(Debug, Clone)]
enum Origin {
    Derived { spec: ToolSpec<'static>, message: fn(&Map<String, Value>) -> Result<Message, Faults> },
    Declared(Arc<DeclaredTool>),
}

impl ToolType {
    /// The entry of a type.
    pub const fn of<T: Tool>() -> Self {
        Self(Origin::Derived {
            spec: T::SPEC,
            message: |arguments| T::parse(arguments)?.message().map_err(|invalid| invalid.faults().clone()),
        })
    }

    /// What it says of itself.
    pub fn spec(&self) -> ToolSpec<'_> {
        match &self.0 {
            Origin::Derived { spec, .. } => *spec,
            Origin::Declared(declared) => declared.spec(),
        }
    }

    /// Reads the arguments of a call and renders the message.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with the arguments.
    pub fn message(&self, arguments: &Map<String, Value>) -> Result<Message, Faults> {
        match &self.0 {
            Origin::Derived { message, .. } => message(arguments),
            Origin::Declared(declared) => declared.message(arguments),
        }
    }
}

impl Declaration {
    /// Checks it by the rules of a derived type and makes it a tool.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place.
    pub fn tool(self) -> Result<ToolType, Vec<Finding>> {
        Ok(ToolType(Origin::Declared(Arc::new(DeclaredTool::new(self)?))))
    }
}
