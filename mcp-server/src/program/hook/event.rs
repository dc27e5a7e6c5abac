//! Reader of the events of agents. Unknown fields and events are ignored: they change monthly.

use serde_json::Value;

use super::{
    super::{Result, words::words},
    arguments::Agent,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Finished,
    WaitsForInput,
    AsksForPermission,
    Failed,
}

/// An event that people are told of. Its texts are as the agent has written them: untrusted, and with secrets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) agent: Agent,
    pub(super) kind: Kind,
    /// Working directory of the agent.
    pub(super) directory: String,
    pub(super) session: String,
    /// Id of the turn or the prompt.
    pub(super) turn: Option<String>,
    pub(super) tool: Option<String>,
    pub(super) command: Option<String>,
    /// Last message of the agent, or the reason of its failure.
    pub(super) said: Option<String>,
}

impl Event {
    /// Reads an event; `None` if people are not told of it.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object.
    pub(super) fn read(agent: Agent, given: &[u8]) -> Result<Option<Self>> {
        let given: Option<Value> = serde_json::from_slice(given).ok().filter(Value::is_object);
        let given = given.ok_or(words("the event is not a JSON object", "事件不是 JSON 对象"))?;
        Ok(Self::of(agent, &given))
    }

    fn of(agent: Agent, given: &Value) -> Option<Self> {
        // The names of Codex's `notify` have hyphens, those of hooks underscores.
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| given.get(name)?.as_str());
            found.filter(|text| !text.trim().is_empty()).map(str::to_owned)
        };
        let kind = match (text(&["hook_event_name"]).as_deref(), text(&["type"]).as_deref()) {
            (Some("Stop"), _) | (None, Some("agent-turn-complete")) => Kind::Finished,
            (Some("StopFailure"), _) => Kind::Failed,
            (Some("PermissionRequest"), _) => Kind::AsksForPermission,
            (Some("Notification"), _) => match text(&["notification_type"]).as_deref() {
                Some("permission_prompt") => Kind::AsksForPermission,
                Some("idle_prompt" | "elicitation_dialog") | None => Kind::WaitsForInput,
                Some(_) => return None,
            },
            _ => return None,
        };
        let said = match kind {
            Kind::Failed => text(&["error_details", "error"]),
            Kind::Finished => text(&["last_assistant_message", "last-assistant-message"]),
            // Texts of notifications are fixed, and say no more than the kind.
            Kind::WaitsForInput | Kind::AsksForPermission => None,
        };
        let command = given.get("tool_input").and_then(|input| input.get("command"));
        // Codex passes the words of a command.
        let command = command.and_then(|command| match command {
            Value::String(command) => Some(command.clone()),
            Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
            _ => None,
        });
        Some(Self {
            agent,
            kind,
            directory: text(&["cwd"]).unwrap_or_default(),
            session: text(&["session_id", "thread-id"]).unwrap_or_default(),
            turn: text(&["prompt_id", "turn_id", "turn-id"]),
            tool: text(&["tool_name"]),
            command,
            said,
        })
    }
}
