//! What an agent reads of a tool: a function of the specification, the set it is served with, and the deployment.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{CallStatus, PersonKind, ToolSet, ToolSpec, ToolType};

/// Where a set of tools is served: what its definitions say of delivery.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Deployment {
    /// The most messages that leave in a minute; `None` where nothing paces them.
    pub rate_per_minute: Option<u32>,
    /// For how long the same call sends nothing after it has delivered; `None` where every call sends.
    pub repeat_window: Option<Duration>,
    /// The most people that one call may mention; `None` leaves it to the wire's own limit.
    pub max_mentions: Option<usize>,
    /// Names that a call may give in place of people, and what they stand for.
    pub people: Vec<(String, PersonKind)>,
    /// The robots that a call may choose from, by name, and what the group of each is for. With two or more, every
    /// definition has the argument [`ROBOT`](Self::ROBOT).
    pub robots: Vec<(String, String)>,
    /// The robot that posts where a call chooses none; the argument is required without one.
    pub default_robot: Option<String>,
}

impl Deployment {
    /// The argument that chooses a robot.
    pub const ROBOT: &'static str = "robot";

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

    /// Sets for how long the same call sends nothing after it has delivered.
    #[must_use]
    pub fn repeat_window(mut self, window: Option<Duration>) -> Self {
        self.repeat_window = window;
        self
    }

    /// Sets the most people that one call may mention.
    #[must_use]
    pub fn max_mentions(mut self, people: Option<usize>) -> Self {
        self.max_mentions = people;
        self
    }

    /// Sets the names that a call may give in place of people.
    #[must_use]
    pub fn people(mut self, names: impl IntoIterator<Item = (String, PersonKind)>) -> Self {
        self.people = names.into_iter().collect();
        self
    }

    /// Sets the robots that a call may choose from, each with what its group is for, and the one that posts where a call
    /// chooses none.
    #[must_use]
    pub fn robots(
        mut self,
        robots: impl IntoIterator<Item = (String, String)>,
        default: Option<String>,
    ) -> Self {
        self.robots = robots.into_iter().collect();
        self.default_robot = default;
        self
    }

    /// Does a call say which robot posts?
    fn offers_a_choice(&self) -> bool {
        self.robots.len() > 1
    }

    /// Adds the argument that chooses a robot, as the last one.
    fn add_robot(&self, schema: &mut Map<String, Value>) {
        if !self.offers_a_choice() {
            return;
        }
        let names: Vec<&str> = self.robots.iter().map(|(name, _)| &**name).collect();
        let groups = self.robots.iter().map(|(name, about)| format!("`{name}`: {about}"));
        let mut property = Map::new();
        property.insert("type".to_owned(), json!("string"));
        property.insert("enum".to_owned(), json!(names));
        let groups = sentence(&groups.collect::<Vec<_>>().join("; "));
        property.insert("description".to_owned(), json!(format!("The group that gets it. {groups}")));
        if let Some(default) = &self.default_robot {
            property.insert("default".to_owned(), json!(default));
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        if let Some(properties) = properties {
            properties.insert(Self::ROBOT.to_owned(), Value::Object(property));
        }
        if self.default_robot.is_none() {
            let required = schema.entry("required").or_insert_with(|| json!([]));
            if let Some(required) = required.as_array_mut() {
                required.push(json!(Self::ROBOT));
            }
        }
    }
}

/// The definition of a tool in the terms of the Model Context Protocol.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Definition {
    /// The tool's name, with the prefix that the set is served with.
    pub name: String,
    /// Its name for people.
    pub title: String,
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
    pub(super) fn new(spec: ToolSpec<'_>, set: &ToolSet, deployment: &Deployment) -> Self {
        let mut input_schema = spec.input_schema(deployment);
        deployment.add_robot(&mut input_schema);
        Self {
            name: set.served_name(spec.name).into_owned(),
            title: spec.title.to_owned(),
            description: [purpose(&spec), usage(&spec, set), behaviour(deployment)]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            input_schema,
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

/// What the description begins with: where it is posted, in both names, since people ask for either.
const SERVICE: &str = "DingTalk (钉钉)";

fn purpose(spec: &ToolSpec<'_>) -> String {
    let purpose = sentence(spec.purpose);
    if purpose.starts_with("DingTalk") { purpose } else { format!("{SERVICE}: {purpose}") }
}

/// When to use it, when not, and what instead; also what its siblings say of it.
fn usage(spec: &ToolSpec<'_>, set: &ToolSet) -> String {
    let mut sentences = Vec::new();
    if let Some(when) = spec.when {
        sentences.push(sentence(&format!("Use it when {}", when.trim())));
    }
    let instead = |when: &str, name: &str| {
        format!("When {}, use {}.", when.trim().trim_end_matches(['.', '。']), set.served_name(name))
    };
    // A selection may have left the alternative out.
    let alternative = spec.instead.and_then(|name| set.find(name)).map(ToolType::spec);
    // What the alternative says of itself, where the tool does not say when it is the wrong one.
    let not_when = spec.not_when.or(alternative.and_then(|alternative| alternative.when));
    match (not_when, alternative) {
        (Some(when), Some(alternative)) => sentences.push(instead(when, alternative.name)),
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
    let robot = if deployment.offers_a_choice() { "The chosen robot" } else { "The configured robot" };
    let mut behaviour = format!("{robot} posts at once, seen by the whole group, without recall.");
    let rate = deployment.rate_per_minute.map(|rate| format!("at most {rate} a minute"));
    let window = deployment.repeat_window.filter(|window| !window.is_zero());
    let repeat = window.map(|window| format!("the same call within {} s sends nothing", window.as_secs()));
    let limits: Vec<String> = rate.into_iter().chain(repeat).collect();
    if !limits.is_empty() {
        let limits = sentence(&limits.join("; "));
        let mut letters = limits.chars();
        behaviour.push(' ');
        behaviour.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        behaviour.push_str(letters.as_str());
    }
    // The answer explains the others; this one is lost where the answer is.
    let unknown = CallStatus::Unknown;
    let meaning = unknown.meaning().unwrap_or_default();
    behaviour.push_str(&format!(" Status {}: {meaning}.", unknown.as_str()));
    behaviour
}

fn output_schema() -> Map<String, Value> {
    // What an agent acts on. Only the status is in every answer: clients check errors against this schema too.
    let schema = json!({
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": CallStatus::ALL.map(CallStatus::as_str)},
            "id": {"type": "string"},
            "reason": {"type": "string"},
            "detail": {"type": "string"},
            "code": {"type": "integer"},
            "faults": {"type": "array", "items": {"type": "string"}},
            "retryAfterSeconds": {"type": "integer"},
            "advice": {"type": "string"},
        },
        "required": ["status"],
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
