//! Tools that are served together.

use std::fmt;

use serde_json::{Map, Value};

use super::{Definition, Deployment, Tool, ToolSpec, check, portable};
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
    pub const fn spec(&self) -> &ToolSpec {
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
    /// Names everything that keeps the tools from being served together: tools that an agent cannot tell apart, an
    /// `instead` that is not in the set, a missing `when` among siblings, and parameters of foreign types whose schema
    /// some clients refuse.
    pub fn new(tools: impl IntoIterator<Item = ToolType>) -> Result<Self, ToolSetError> {
        let tools: Vec<ToolType> = tools.into_iter().collect();
        let mut problems: Vec<String> = check::problems(&tools).map(|problem| problem.to_string()).collect();
        for spec in tools.iter().map(ToolType::spec) {
            let input = spec.input_schema();
            problems.extend(portable::problems(&input).into_iter().map(|(parameter, found)| {
                format!(
                    "the parameter `{parameter}` of `{}` has {found} in its schema, which some clients refuse: use a \
                     type whose schema is a plain string, number or flag",
                    spec.name
                )
            }));
        }
        if problems.is_empty() { Ok(Self { tools }) } else { Err(ToolSetError(problems)) }
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
pub struct ToolSetError(Vec<String>);

impl ToolSetError {
    /// Everything that is wrong, each as a sentence that names the tools and says what to do.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for ToolSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for ToolSetError {}

/// The entries of notification types, for [`ToolSet::new`] or a server's builder.
///
/// The tools are checked while the program is compiled: an agent must be able to tell them apart, an `instead` must lead
/// to one of them, and each says `when` to use it once there are two. Where tools of one server are listed in several
/// places, only the server sees all of them; write those that point to a tool of another list with
/// [`ToolType::of`](crate::ToolType::of).
///
/// ```
/// use dingtalk_core::{Notification, ToolSet, tools};
///
/// /// Warn that a host is down.
/// #[derive(Notification)]
/// #[dingtalk(text("{host} is down"), tool(when = "a host does not answer", instead = DiskFull))]
/// struct HostDown {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(..=64))]
///     host: String,
/// }
///
/// /// Warn that a disk has no space left.
/// #[derive(Notification)]
/// #[dingtalk(text("{host} has no space left"), tool(when = "a disk is full"))]
/// struct DiskFull {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(..=64))]
///     host: String,
/// }
///
/// let set = ToolSet::new(tools![HostDown, DiskFull])?; // `tools![HostDown]` would not compile
/// assert!(set.get("send_disk_full").is_some());
/// # Ok::<(), dingtalk_core::ToolSetError>(())
/// ```
#[macro_export]
macro_rules! tools {
    ($($tool:ty),* $(,)?) => {{
        const TOOLS: [$crate::ToolType; <[&::core::primitive::str]>::len(&[$(::core::stringify!($tool)),*])] =
            [$($crate::ToolType::of::<$tool>()),*];
        const _: () = $crate::__private::assert_tools(&TOOLS);
        TOOLS
    }};
}
