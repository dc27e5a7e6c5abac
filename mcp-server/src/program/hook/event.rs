//! Reader of the events of agents. Unknown fields and events are ignored: they change monthly.

use serde_json::Value;

use super::{
    super::{Result, words::words},
    arguments::Agent,
};

/// Meaning of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A person has given the agent a prompt.
    TurnBegins,
    SessionEnds,
    /// People are told.
    News(Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Finished,
    WaitsForInput,
    AsksForPermission,
    Failed,
}

/// An event that matters. Its texts are as the agent has written them: untrusted, and with secrets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) agent: Agent,
    pub(super) step: Step,
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
    /// Reads an event; `None` if it does not matter.
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
        let step = match (text(&["hook_event_name"]).as_deref(), text(&["type"]).as_deref()) {
            (Some("UserPromptSubmit"), _) => Step::TurnBegins,
            (Some("SessionEnd"), _) => Step::SessionEnds,
            (Some("Stop"), _) => Step::News(Kind::Finished),
            (None, Some("agent-turn-complete")) if !names_a_task(given) => Step::News(Kind::Finished),
            (Some("StopFailure"), _) => Step::News(Kind::Failed),
            (Some("PermissionRequest"), _) => Step::News(Kind::AsksForPermission),
            (Some("Notification"), _) => match text(&["notification_type"]).as_deref() {
                Some("permission_prompt") => Step::News(Kind::AsksForPermission),
                Some("idle_prompt" | "elicitation_dialog") | None => Step::News(Kind::WaitsForInput),
                Some(_) => return None,
            },
            _ => return None,
        };
        // A part of the turn has ended, which goes on. But people are asked in the name of the whole.
        if text(&["agent_id"]).is_some() && step != Step::News(Kind::AsksForPermission) {
            return None;
        }
        let said = match step {
            Step::News(Kind::Failed) => text(&["error_details", "last_assistant_message", "error"]),
            Step::News(Kind::Finished) => text(&["last_assistant_message", "last-assistant-message"]),
            // Texts of notifications are fixed, and say no more than the kind. A prompt is of the person.
            _ => None,
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
            step,
            directory: text(&["cwd"]).unwrap_or_default(),
            session: text(&["session_id", "thread-id"]).unwrap_or_default(),
            turn: text(&["prompt_id", "turn_id", "turn-id"]),
            tool: text(&["tool_name"]),
            command,
            said,
        })
    }
}

/// Reports whether a turn of Codex is one in which it finds a name for the task of a person, in a session of its own.
fn names_a_task(given: &Value) -> bool {
    let prompt = given.get("input-messages").and_then(|prompts| prompts.get(0)?.as_str());
    prompt.is_some_and(|prompt| prompt.starts_with("Generate a concise, single-line task title"))
}
