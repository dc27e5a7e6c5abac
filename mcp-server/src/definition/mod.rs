//! Definitions of tools for agents, made from the specification, the set of tools and the deployment.

mod catalog;
mod deployment;
mod description;
mod form;
mod input;
mod lint;
mod status;

use dingtalk_core::tool::{ToolSet, ToolSpec};
use serde_json::{Map, Value};

use crate::call::answer::output_schema;

pub(crate) use self::input::{ONE_MESSAGE, in_one_message};
pub(crate) use self::status::STATUS_TOOL;
pub use self::{catalog::Catalog, deployment::Deployment, lint::Lint};

/// The definition of a tool in the terms of the Model Context Protocol.
///
/// Its serialized form is that of `tools/list`.
///
/// ```
/// use dingtalk_core::tool::ToolSet;
/// use dingtalk_notify::{Definition, Deployment, builtin_tools};
///
/// let definitions = Deployment::new().definitions(&ToolSet::new(builtin_tools())?);
/// let json = serde_json::to_value(&definitions[0])?;
/// assert_eq!(json["annotations"]["readOnlyHint"], false);
/// assert_eq!(serde_json::from_value::<Definition>(json)?, definitions[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The tool's name, with the prefix of the set.
    pub name: String,
    /// The tool's name for people.
    pub title: String,
    /// Purpose, usage and behaviour.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the result.
    pub output_schema: Map<String, Value>,
    /// Hints for clients.
    pub annotations: Annotations,
}

/// The four hints that a client may show or act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the protocol has these four hints")]
pub struct Annotations {
    /// The tool changes nothing: never true of one that sends a message.
    pub read_only: bool,
    /// A call cannot be undone.
    pub destructive: bool,
    /// A second call has no further effect: never true of one that sends a message.
    pub idempotent: bool,
    /// The tool reaches beyond the program: always true of one that sends a message.
    pub open_world: bool,
}

impl Deployment {
    /// Returns the definitions of these tools, in order. With a [queue](Self::queue), that of `get_message_status` follows.
    pub fn definitions(&self, tools: &ToolSet) -> Vec<Definition> {
        let output_schema = output_schema();
        let of_types =
            tools.iter().map(|tool| Definition::new(&tool.spec(), tools, self, output_schema.clone()));
        of_types.chain(self.queue.then(|| status::definition(tools))).collect()
    }
}

impl Definition {
    fn new(
        spec: &ToolSpec<'_>,
        set: &ToolSet,
        deployment: &Deployment,
        output_schema: Map<String, Value>,
    ) -> Self {
        Self {
            name: set.served_name(spec.name).into_owned(),
            title: spec.title.to_owned(),
            description: description::describe(spec, set, deployment),
            input_schema: input::schema(spec, deployment),
            output_schema,
            annotations: Annotations {
                read_only: false,
                destructive: spec.destructive,
                idempotent: false,
                open_world: true,
            },
        }
    }
}
