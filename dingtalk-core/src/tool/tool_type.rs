//! Notifications as tools, from a type or from a declaration that is read at run time.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Tool,
    call::{self, Call},
    declared::{Declaration, DeclaredTool, Finding},
    parameter::PersonKind,
    spec::ToolSpec,
};
#[cfg(feature = "robot")]
use crate::Envelope;
use crate::{Message, message::Faults};

/// A notification as a member of a set: its specification, and the function that turns arguments into a message. It
/// comes from a type, or from a declaration that is read at run time.
#[derive(Debug, Clone)]
pub struct ToolType(Origin);

#[derive(Debug, Clone)]
enum Origin {
    Derived {
        spec: ToolSpec<'static>,
        message: fn(&Map<String, Value>) -> Result<Message, Faults>,
        #[cfg(feature = "robot")]
        envelope: fn(&Map<String, Value>) -> Result<Envelope, Faults>,
    },
    Declared(Arc<DeclaredTool>),
}

impl ToolType {
    /// Returns the tool of a type.
    pub const fn of<T: Tool>() -> Self {
        Self(Origin::Derived {
            spec: T::SPEC,
            message: |arguments| T::parse(arguments)?.message().map_err(|invalid| invalid.faults().clone()),
            #[cfg(feature = "robot")]
            envelope: |arguments| T::parse(arguments)?.envelope().map_err(|invalid| invalid.faults().clone()),
        })
    }

    /// The specification of a type, also in a constant.
    pub(super) const fn derived(&self) -> Option<ToolSpec<'static>> {
        match &self.0 {
            Origin::Derived { spec, .. } => Some(*spec),
            Origin::Declared(_) => None,
        }
    }

    /// Returns its specification.
    pub fn spec(&self) -> ToolSpec<'_> {
        match &self.0 {
            Origin::Derived { spec, .. } => *spec,
            Origin::Declared(declared) => declared.spec(),
        }
    }

    /// Reads the arguments of a call once: returns the message and the [canonical form](Call::canonical), which is
    /// equal for calls with the same meaning. `find` resolves the names that a call may give instead of people's
    /// numbers and ids; types and constraints check the result.
    ///
    /// # Errors
    ///
    /// Lists all faults of the arguments.
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
        #[cfg(feature = "robot")]
        let made = self.envelope(&arguments);
        #[cfg(not(feature = "robot"))]
        let made = self.message(&arguments);
        match made {
            Ok(made) if faults.is_empty() => Ok(Call::new(made, parameters, &arguments)),
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
    /// Lists all faults of the arguments.
    pub fn message(&self, arguments: &Map<String, Value>) -> Result<Message, Faults> {
        match &self.0 {
            Origin::Derived { message, .. } => message(arguments),
            Origin::Declared(declared) => declared.message(arguments),
        }
    }

    /// Reads the arguments of a call, and puts the message into an envelope under a new id, with the delivery options
    /// of the notification.
    ///
    /// # Errors
    ///
    /// Lists all faults of the arguments.
    #[cfg(feature = "robot")]
    pub fn envelope(&self, arguments: &Map<String, Value>) -> Result<Envelope, Faults> {
        match &self.0 {
            Origin::Derived { envelope, .. } => envelope(arguments),
            Origin::Declared(declared) => declared.envelope(arguments),
        }
    }
}

impl Declaration {
    /// Checks the declaration by the rules of a derived type and makes it a tool.
    ///
    /// # Errors
    ///
    /// Lists all findings, each with its position.
    pub fn tool(self) -> Result<ToolType, Vec<Finding>> {
        Ok(ToolType(Origin::Declared(Arc::new(DeclaredTool::new(self)?))))
    }
}
