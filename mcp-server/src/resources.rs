//! The resources: what an agent may read before it writes a message.

use dingtalk_core::{Definition, Deployment, ToolSet, ToolType};
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};
use serde_json::{Value, json};

use crate::example::example;

const MARKDOWN: &str = "dingtalk-mcp://markdown";
const MARKDOWN_TEXT: &str = include_str!("markdown.md");

const ROBOTS: &str = "dingtalk-mcp://robots";

/// Behind it stands a tool's name.
const TOOLS: &str = "dingtalk-mcp://tools/";

const JSON: &str = "application/json";

/// What a template's variable is called.
const TOOL_VARIABLE: &str = "name";

/// All resources, in a stable order.
pub(crate) fn list(tools: &ToolSet) -> Vec<Resource> {
    let mut resources = vec![
        Resource::new(MARKDOWN, "markdown")
            .with_title("Markdown that DingTalk renders")
            .with_description("Which Markdown a robot's message may hold, and its limits.")
            .with_mime_type("text/markdown"),
        Resource::new(ROBOTS, "robots")
            .with_title("Robots")
            .with_description("The robots that messages can leave through, and their pace. No secrets.")
            .with_mime_type(JSON),
    ];
    resources.extend(tools.iter().map(|tool| {
        let name = tools.served_name(tool.spec().name);
        Resource::new(format!("{TOOLS}{name}"), name)
            .with_title(tool.spec().title)
            .with_description("Its definition, and an example: arguments and the message that they make.")
            .with_mime_type(JSON)
    }));
    resources
}

/// All templates of resources.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{TOOLS}{{{TOOL_VARIABLE}}}"), "tool")
            .with_title("A tool")
            .with_description("The definition of the tool with this name, and an example.")
            .with_mime_type(JSON),
    ]
}

/// What begins like `begin` and may stand for the variable of a template.
pub(crate) fn complete(template: &str, variable: &str, begin: &str, tools: &ToolSet) -> Vec<String> {
    if !template.starts_with(TOOLS) || variable != TOOL_VARIABLE {
        return Vec::new();
    }
    let names = tools.iter().map(|tool| tools.served_name(tool.spec().name));
    names.filter(|name| name.starts_with(begin)).map(Into::into).collect()
}

/// The contents of a resource, if there is one.
pub(crate) fn read(uri: &str, tools: &ToolSet, deployment: &Deployment) -> Option<ResourceContents> {
    match uri {
        MARKDOWN => Some(ResourceContents::text(MARKDOWN_TEXT, uri).with_mime_type("text/markdown")),
        ROBOTS => Some(to_json(uri, &robots(deployment))),
        _ => {
            let name = uri.strip_prefix(TOOLS)?;
            let definition = tools.definitions(deployment).into_iter().find(|tool| tool.name == name)?;
            Some(to_json(uri, &described(&definition, tools.get(name)?)))
        }
    }
}

fn to_json(uri: &str, value: &Value) -> ResourceContents {
    ResourceContents::text(format!("{value:#}"), uri).with_mime_type(JSON)
}

fn robots(deployment: &Deployment) -> Value {
    let default = deployment.default_robot.as_deref();
    let robots = deployment
        .robots
        .iter()
        .map(|(name, about)| json!({"name": name, "about": about, "default": default == Some(name)}));
    json!({"robots": robots.collect::<Vec<_>>(), "messagesPerMinute": deployment.rate_per_minute})
}

fn described(definition: &Definition, tool: &ToolType) -> Value {
    let mut described = json!({"definition": definition.to_json()});
    if let (Some(example), Some(described)) =
        (example(&definition.input_schema, tool), described.as_object_mut())
    {
        described.insert("example".to_owned(), example);
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin_tools;

    fn text(contents: ResourceContents) -> String {
        serde_json::to_value(contents).unwrap()["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_resource_that_is_listed_can_be_read() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        let resources = list(&tools);
        assert_eq!(resources.len(), 2 + tools.iter().len());
        for resource in resources {
            let contents = read(&resource.uri, &tools, &Deployment::new()).unwrap();
            assert!(!text(contents).is_empty(), "{}", resource.uri);
        }
        for unknown in ["dingtalk-mcp://tools/", "dingtalk-mcp://tools/x", "file:///etc/passwd"] {
            assert!(read(unknown, &tools, &Deployment::new()).is_none(), "{unknown}");
        }
    }

    #[test]
    fn every_built_in_tool_has_an_example_with_the_message_that_it_makes() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        for tool in &tools {
            let uri = format!("{TOOLS}{}", tool.spec().name);
            let read: Value =
                serde_json::from_str(&text(read(&uri, &tools, &Deployment::new()).unwrap())).unwrap();
            assert!(read["example"]["message"]["msgtype"].is_string(), "{read:#}");
        }
    }

    #[test]
    fn names_are_completed() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        let template = &templates()[0].uri_template;
        assert_eq!(complete(template, "name", "send_text", &tools), ["send_text_message"]);
        assert_eq!(complete(template, "other", "", &tools), [""; 0]);
    }
}
