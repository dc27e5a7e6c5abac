//! Notifications as tools: their definitions for agents, and messages from agents' arguments.
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
mod call;
pub(crate) mod check;
mod constant;
#[doc(hidden)]
pub mod declared;
pub(crate) mod documentation;
mod foreign;
pub(crate) mod literal;
pub(crate) mod object;
mod parameter;
mod portable;
pub(crate) mod probe;
pub(crate) mod reader;
mod schema;
mod set;
mod spec;
mod times;
mod tool_type;
mod types;

use serde_json::{Map, Value};

use crate::{Notification, message::Faults};

pub use self::{
    argument::{Argument, ByItself, BySerde},
    call::Call,
    parameter::{Parameter, Parameters, ParametersIter, PersonKind},
    set::{ToolSet, ToolSetError},
    spec::ToolSpec,
    tool_type::ToolType,
};
pub use crate::constraint::{Constraint, Field};
pub use dingtalk_template::declaration::Cardinality;

/// A notification that an agent can send. Derived with `#[dingtalk(tool(…))]`; see [`derive@crate::Notification`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "does not derive `Notification` with `tool`",
    note = "add `tool(when = \"…\")` to its `#[dingtalk(…)]`"
)]
pub trait Tool: Notification + Sized {
    /// Name of the tool. Separate from [`SPEC`](Self::SPEC), so that two types may refer to each other.
    const NAME: &'static str;

    /// Specification of the tool.
    const SPEC: ToolSpec<'static>;

    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// Lists all faults of the arguments, not only the first.
    fn parse(arguments: &Map<String, Value>) -> Result<Self, Faults>;
}
