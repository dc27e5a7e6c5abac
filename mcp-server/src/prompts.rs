//! The prompts: words that a person picks in a client to begin with.

use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use dingtalk_core::ToolSet;

const INCIDENT: &str = "compose_incident_message";

/// What the prompt asks for: name, what it is, whether it must be there.
const INCIDENT_ARGUMENTS: [(&str, &str, bool); 4] = [
    ("what_happened", "What is broken, in your own words.", true),
    ("impact", "Who notices it, and how.", false),
    ("since", "Since when, with the time zone.", false),
    ("next_step", "What is being done, and when the next message comes.", false),
];

/// All prompts, in a stable order.
pub(crate) fn list() -> Vec<Prompt> {
    let arguments = INCIDENT_ARGUMENTS.map(|(name, description, required)| {
        PromptArgument::new(name).with_description(description).with_required(required)
    });
    let description = "Draft a short incident message for a DingTalk (钉钉) group from what is known.";
    vec![
        Prompt::new(INCIDENT, Some(description), Some(arguments.to_vec()))
            .with_title("Compose an incident message"),
    ]
}

/// The words of a prompt, or what is wrong with the request.
pub(crate) fn get(
    name: &str,
    arguments: &Map<String, Value>,
    tools: &ToolSet,
) -> Result<GetPromptResult, String> {
    if name != INCIDENT {
        return Err(format!("there is no prompt `{name}`; there is `{INCIDENT}`"));
    }
    let mut facts = String::new();
    for (name, _, required) in INCIDENT_ARGUMENTS {
        let given = arguments.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        match (given, required) {
            ("", true) => return Err(format!("the prompt needs `{name}`")),
            ("", false) => {}
            (given, _) => facts.push_str(&format!("\n{}: {given}", name.replace('_', " "))),
        }
    }
    let names: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool.spec().name)).collect();
    let text = format!(
        "Draft one message for our DingTalk (钉钉) group about an incident. These facts are known:\n{facts}\n\n\
         Begin with what is broken and who notices it. Then say since when, what is being done, and when the next \
         message comes; leave out what is not known, and invent nothing. At most 120 words. DingTalk renders headings, bold, \
         italic, quotes, lists and links, and no tables or code.\n\n\
         Show me the draft first. When I agree, send it once, with the tool that fits best of {}. Mention people only if I \
         name them.",
        names.join(", ")
    );
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
        .with_description("Draft an incident message"))
}
