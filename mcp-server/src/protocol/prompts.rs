//! Prompts, which a person picks in a client to begin a conversation.

use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use dingtalk_core::tool::ToolSet;

use super::robots;
use crate::definition::Deployment;

const INCIDENT: &str = "compose_incident_message";

/// Arguments of the prompt: name, description, and `true` if it is required.
const INCIDENT_ARGUMENTS: [(&str, &str, bool); 4] = [
    ("what_happened", "The failure, in your own words.", true),
    ("impact", "Who is affected, and how.", false),
    ("since", "Start of the incident, with the time zone.", false),
    ("next_step", "Current work, and time of the next message.", false),
];

/// Returns all prompts, in a stable order.
pub(crate) fn list(deployment: &Deployment) -> Vec<Prompt> {
    let argument = |name, description, required| {
        PromptArgument::new(name).with_description(description).with_required(required)
    };
    let mut arguments: Vec<PromptArgument> =
        INCIDENT_ARGUMENTS.map(|(name, description, required)| argument(name, description, required)).into();
    if deployment.robots.len() > 1 {
        arguments.push(argument(Deployment::ROBOT, "The robot whose group receives the message.", false));
    }
    let description = "Draft a short incident message for a DingTalk (钉钉) group from the known facts.";
    vec![Prompt::new(INCIDENT, Some(description), Some(arguments)).with_title("Compose an incident message")]
}

/// Returns the values of an argument of a prompt.
pub(crate) fn values(name: &str, argument: &str, deployment: &Deployment) -> Vec<String> {
    if name == INCIDENT && argument == Deployment::ROBOT {
        return robots::names(deployment);
    }
    Vec::new()
}

/// Returns the text of a prompt, or the fault of the request.
pub(crate) fn get(
    name: &str,
    arguments: &Map<String, Value>,
    tools: &ToolSet,
    deployment: &Deployment,
) -> Result<GetPromptResult, String> {
    if name != INCIDENT {
        return Err(format!("unknown prompt `{name}`; expected `{INCIDENT}`"));
    }
    let mut facts = String::new();
    for (name, _, required) in INCIDENT_ARGUMENTS {
        let given = arguments.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        match (given, required) {
            ("", true) => return Err(format!("`{name}` is required")),
            ("", false) => {}
            (given, _) => facts.push_str(&format!("\n{}: {given}", name.replace('_', " "))),
        }
    }
    let names: Vec<String> =
        tools.iter().map(|tool| format!("`{}`", tools.served_name(tool.spec().name))).collect();
    let through = through(arguments, deployment)?;
    let text = format!(
        "Draft one message for our DingTalk (钉钉) group about an incident. These facts are known:\n{facts}\n\n\
         Begin with the failure and the people affected. Then say when it began, what is being done, and when the next \
         message will come; leave out anything unknown, and invent nothing. At most 120 words. DingTalk renders \
         headings, bold, italic, quotes, lists and links, but no tables or code.\n\n\
         Show me the draft first. Once I agree, send it once, with the most suitable of these tools: {}{through}. \
         Mention people only if I name them.",
        names.join(", ")
    );
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
        .with_description("Draft an incident message"))
}

/// Returns the words on the robot that the person chose; empty if none was chosen.
fn through(arguments: &Map<String, Value>, deployment: &Deployment) -> Result<String, String> {
    let robot = arguments.get(Deployment::ROBOT).and_then(Value::as_str).map(str::trim);
    let Some(robot) = robot.filter(|robot| !robot.is_empty()) else { return Ok(String::new()) };
    let known = robots::names(deployment);
    if known.iter().any(|known| known == robot) {
        Ok(format!(", through the robot `{robot}`"))
    } else {
        Err(format!("unknown robot `{}`; expected one of {}", robot.escape_debug(), known.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::builtin_tools;

    fn words(robot: &str) -> Result<String, String> {
        let tools = ToolSet::new(builtin_tools()).unwrap().prefixed("chat").unwrap();
        let robots = ["ops", "sales"].map(|name| (name.to_owned(), "a group".to_owned()));
        let deployment = Deployment::new().robots(robots, None);
        let Value::Object(arguments) = json!({"what_happened": "no orders", "robot": robot}) else {
            unreachable!()
        };
        let result = get(INCIDENT, &arguments, &tools, &deployment)?;
        Ok(serde_json::to_value(result).unwrap()["messages"][0]["content"]["text"]
            .as_str()
            .unwrap()
            .to_owned())
    }

    #[test]
    fn it_names_the_tools_as_they_are_served_and_the_robot_that_was_chosen() {
        let text = words("ops").unwrap();
        assert!(
            text.contains("`chat_send_text_message`") && text.contains("through the robot `ops`"),
            "{text}"
        );
        assert!(!words(" ").unwrap().contains("through"));
        assert_eq!(words("opps").unwrap_err(), "unknown robot `opps`; expected one of ops, sales");
    }

    #[test]
    fn it_has_a_robot_argument_only_for_several_robots() {
        let arguments = |deployment: &Deployment| list(deployment)[0].arguments.clone().unwrap().len();
        let robots = ["ops", "sales"].map(|name| (name.to_owned(), "a group".to_owned()));
        assert_eq!(arguments(&Deployment::new()), INCIDENT_ARGUMENTS.len());
        assert_eq!(arguments(&Deployment::new().robots(robots, None)), INCIDENT_ARGUMENTS.len() + 1);
    }
}
