//! What an agent reads of a tool: a function of the specification, the set it is served with, and the deployment.

use serde_json::{Map, Value, json};

use super::{CallStatus, ToolSet, ToolSpec};

/// Where a set of tools is served: what its definitions say of delivery.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Deployment {
    /// The most messages that leave in a minute; `None` where nothing paces them.
    pub rate_per_minute: Option<u32>,
}

impl Deployment {
    /// A deployment that says nothing of its pace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the most messages that leave in a minute.
    #[must_use]
    pub fn rate_per_minute(mut self, rate: Option<u32>) -> Self {
        self.rate_per_minute = rate;
        self
    }
}

/// The definition of a tool in the terms of the Model Context Protocol.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Definition {
    /// The tool's name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Purpose, usage, behaviour.
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
    /// It changes nothing: never true, since it posts a message.
    pub read_only: bool,
    /// It cannot be undone.
    pub destructive: bool,
    /// Calling it twice is calling it once: never true, since it posts twice.
    pub idempotent: bool,
    /// It reaches beyond the program: always true.
    pub open_world: bool,
}

impl Definition {
    /// The definition of one tool of a set.
    pub(super) fn new(spec: &ToolSpec, set: &ToolSet, deployment: &Deployment) -> Self {
        Self {
            name: spec.name,
            title: spec.title,
            description: [purpose(spec), usage(spec, set), behaviour(deployment)]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            input_schema: spec.input_schema(),
            output_schema: output_schema(),
            annotations: Annotations {
                read_only: false,
                destructive: spec.destructive,
                idempotent: false,
                open_world: true,
            },
        }
    }

    /// The definition as a client receives it in `tools/list`.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.annotations.read_only,
                "destructiveHint": self.annotations.destructive,
                "idempotentHint": self.annotations.idempotent,
                "openWorldHint": self.annotations.open_world,
            },
        })
    }
}

/// The text as a sentence of its own.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '。']) { text.to_owned() } else { format!("{text}.") }
}

fn purpose(spec: &ToolSpec) -> String {
    sentence(spec.purpose)
}

/// When to use it, when not, and what instead; also what its siblings say of it.
fn usage(spec: &ToolSpec, set: &ToolSet) -> String {
    let mut sentences = Vec::new();
    if let Some(when) = spec.when {
        sentences.push(sentence(&format!("Use it when {}", when.trim())));
    }
    let instead = |when: &str, name: &str| {
        format!("When {}, use {name} instead.", when.trim().trim_end_matches(['.', '。']))
    };
    // What the alternative says of itself, where the tool does not say when it is the wrong one.
    let alternative = spec.instead.and_then(|name| set.get(name)?.spec().when);
    match (spec.not_when.or(alternative), spec.instead) {
        (Some(when), Some(name)) => sentences.push(instead(when, name)),
        (Some(when), None) => sentences.push(sentence(&format!("Do not use it when {}", when.trim()))),
        (None, _) => {}
    }
    for sibling in set.specs() {
        let already = spec.instead == Some(sibling.name);
        if let (Some(when), true, false) = (sibling.when, sibling.instead == Some(spec.name), already) {
            sentences.push(instead(when, sibling.name));
        }
    }
    sentences.join(" ")
}

/// What a call does and answers: from what the code runs on, not from what somebody remembers of it.
fn behaviour(deployment: &Deployment) -> String {
    let mut behaviour =
        "Posts at once to the DingTalk (钉钉) group of the configured robot; every member sees it and it cannot be recalled."
            .to_owned();
    if let Some(rate) = deployment.rate_per_minute {
        behaviour.push_str(&format!(" At most {rate} messages a minute."));
    }
    // A message that is posted at once is never queued; the output schema has that word all the same.
    let statuses = CallStatus::ALL.into_iter().filter(|status| *status != CallStatus::Queued);
    let statuses = statuses.map(|status| match status.meaning() {
        Some(meaning) => format!("{} ({meaning})", status.as_str()),
        None => status.as_str().to_owned(),
    });
    behaviour.push_str(&format!(" Returns a status: {}.", statuses.collect::<Vec<_>>().join(", ")));
    behaviour
}

fn output_schema() -> Map<String, Value> {
    // Only the status is in every answer: clients check errors against this schema too.
    let schema = json!({
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": CallStatus::ALL.map(CallStatus::as_str)},
            "id": {"type": "string", "description": "the message's msgUuid"},
            "robot": {"type": "string"},
            "reason": {"type": "string", "description": "kind of failure"},
            "detail": {"type": "string", "description": "the failure in words"},
            "code": {"type": "integer", "description": "DingTalk's errcode"},
            "message": {"type": "string", "description": "DingTalk's errmsg"},
            "faults": {"type": "array", "items": {"type": "string"}, "description": "what is wrong with the arguments"},
            "advice": {"type": "string"},
        },
        "required": ["status"],
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
