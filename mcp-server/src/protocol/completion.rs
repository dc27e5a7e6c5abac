//! Completion of arguments while a person types them.

use dingtalk_core::tool::ToolSet;
use rmcp::model::{CompleteRequestParams, Reference};

use super::{prompts, resources};
use crate::definition::Deployment;

/// Returns the values that begin like the typed argument.
pub(crate) fn complete(
    request: &CompleteRequestParams,
    tools: &ToolSet,
    deployment: &Deployment,
) -> Vec<String> {
    let argument = &*request.argument.name;
    let values = match &request.r#ref {
        Reference::Prompt(prompt) => prompts::values(&prompt.name, argument, deployment),
        Reference::Resource(template) => resources::values(&template.uri, argument, tools, deployment),
        _ => Vec::new(),
    };
    values.into_iter().filter(|value| value.starts_with(&request.argument.value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::builtin_tools;

    fn completed(reference: &Value, argument: &str, begin: &str) -> Vec<String> {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        let robots = ["ops", "orders", "sales"].map(|name| (name.to_owned(), "a group".to_owned()));
        let deployment = Deployment::new().robots(robots, None);
        let request = json!({"ref": reference, "argument": {"name": argument, "value": begin}});
        complete(&serde_json::from_value(request).unwrap(), &tools, &deployment)
    }

    #[test]
    fn robots_and_tools_are_completed_for_their_arguments() {
        let prompt = json!({"type": "ref/prompt", "name": "compose_incident_message"});
        let robot = json!({"type": "ref/resource", "uri": "dingtalk-notify://robots/{robot}"});
        let tool = json!({"type": "ref/resource", "uri": "dingtalk-notify://tools/{name}"});
        assert_eq!(completed(&prompt, "robot", "o"), ["ops", "orders"]);
        assert_eq!(completed(&robot, "robot", ""), ["ops", "orders", "sales"]);
        assert_eq!(completed(&tool, "name", "send_text"), ["send_text_message"]);
        for (reference, argument) in [(&prompt, "impact"), (&robot, "name"), (&tool, "robot")] {
            assert_eq!(completed(reference, argument, ""), [""; 0]);
        }
    }
}
