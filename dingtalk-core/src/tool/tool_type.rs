//! A notification as a tool: a type, or a declaration that was read while the program runs.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Tool,
    call::{self, Call},
    declared::{Declaration, DeclaredTool, Finding},
    parameter::PersonKind,
    spec::ToolSpec,
};
use crate::{Message, message::Faults};

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

    /// Reads the arguments of a call, once: the message, and the [canonical form](Call::canonical) by which calls that mean the
    /// same are recognised. `find` finds people by the names that a call may give in place of their numbers and ids; the
    /// types and their constraints see the numbers.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with the arguments.
    ///
    /// ```
    /// use dingtalk_core::{Mobile, Notification, tool::{PersonKind, ToolType}};
    ///
    /// /// Warn that a host is down.
    /// #[derive(Notification)]
    /// #[dingtalk(text("{host} is down"), tool(when = "a host does not answer"))]
    /// struct HostDown {
    ///     /// Host name as in the inventory, for example `web-3`.
    ///     #[dingtalk(length(1..=64))]
    ///     host: String,
    ///     /// People to mention.
    ///     #[dingtalk(at)]
    ///     people: Vec<Mobile>,
    /// }
    ///
    /// let arguments = serde_json::json!({"people": "[\"oncall\"]", "host": "web-3"});
    /// let arguments = arguments.as_object().cloned().unwrap_or_default();
    /// let call = ToolType::of::<HostDown>().read(arguments, |name| {
    ///     (name == "oncall").then(|| (PersonKind::Number, "13800000000".to_owned()))
    /// })?;
    /// assert_eq!(call.canonical, r#"{"host":"web-3","people":["13800000000"]}"#);
    /// # Ok::<(), dingtalk_core::message::Faults>(())
    /// ```
    pub fn read(
        &self,
        mut arguments: Map<String, Value>,
        mut find: impl FnMut(&str) -> Option<(PersonKind, String)>,
    ) -> Result<Call, Faults> {
        let parameters = self.spec().parameters;
        let mut faults = Faults::default();
        call::normalise(parameters, &mut arguments, &mut find, &mut faults);
        match self.message(&arguments) {
            Ok(message) if faults.is_empty() => Ok(Call::new(message, parameters, &arguments)),
            Ok(_) => Err(faults),
            Err(found) => {
                found.iter().for_each(|fault| faults.push(fault.clone()));
                Err(faults)
            }
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
