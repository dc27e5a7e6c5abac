//! Resources that an agent may read before it writes a message.

use dingtalk_core::tool::{ToolSet, ToolType};
use percent_encoding::percent_decode_str;
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};
use serde_json::{Value, json};

use super::{example::example, robots};
use crate::{
    call::status::{self, StatusAnswer},
    definition::{Definition, Deployment},
};

const MARKDOWN: &str = "dingtalk-notify://markdown";
const MARKDOWN_TEXT: &str = include_str!("markdown.md");

const ROBOTS: &str = "dingtalk-notify://robots";

/// Prefix of a robot's URI, before its name.
const ONE_ROBOT: &str = "dingtalk-notify://robots/";

/// Prefix of the URI of a message's status, before the id.
const MESSAGES: &str = "dingtalk-notify://messages/";

/// Prefix of a tool's URI, before its name.
const TOOLS: &str = "dingtalk-notify://tools/";

const JSON: &str = "application/json";

/// Name of a template's variable.
const TOOL_VARIABLE: &str = "name";

/// Returns all resources, in a stable order.
pub(crate) fn list(tools: &ToolSet) -> Vec<Resource> {
    let mut resources = vec![
        Resource::new(MARKDOWN, "markdown")
            .with_title("Markdown that DingTalk renders")
            .with_description("The Markdown that a robot's message may contain, and its limits.")
            .with_mime_type("text/markdown"),
        Resource::new(ROBOTS, "robots")
            .with_title("Robots")
            .with_description("The robots that can send messages, and their rate. No secrets.")
            .with_mime_type(JSON),
    ];
    resources.extend(tools.iter().map(|tool| {
        let name = tools.served_name(tool.spec().name);
        Resource::new(format!("{TOOLS}{name}"), name)
            .with_title(tool.spec().title)
            .with_description("Its definition and an example: arguments, and the message made from them.")
            .with_mime_type(JSON)
    }));
    resources
}

/// Returns all resource templates.
pub(crate) fn templates(deployment: &Deployment) -> Vec<ResourceTemplate> {
    let mut templates = vec![
        ResourceTemplate::new(format!("{TOOLS}{{{TOOL_VARIABLE}}}"), "tool")
            .with_title("A tool")
            .with_description("The definition of the tool with this name, and an example.")
            .with_mime_type(JSON),
        ResourceTemplate::new(format!("{ONE_ROBOT}{{{}}}", Deployment::ROBOT), "robot")
            .with_title("A robot")
            .with_description("The purpose of the group of the robot with this name. No secrets.")
            .with_mime_type(JSON),
    ];
    if deployment.queue {
        templates.push(
            ResourceTemplate::new(format!("{MESSAGES}{{{}}}", status::ID), "message")
                .with_title("Status of a queued message")
                .with_description(
                    "The delivery status of the queued message with this id, without the message.",
                )
                .with_mime_type(JSON),
        );
    }
    templates
}

/// Returns the id of the message whose status a resource is.
pub(crate) fn message_id(uri: &str) -> Option<String> {
    // Clients percent-encode the value of a variable.
    let id = percent_decode_str(uri.strip_prefix(MESSAGES)?).decode_utf8().ok()?;
    (!id.is_empty() && id.chars().count() <= status::MAX_ID).then(|| id.into_owned())
}

/// Returns the contents of the resource that is the status of a message.
pub(crate) fn status(uri: &str, answer: &StatusAnswer) -> ResourceContents {
    to_json(uri, &json!(answer))
}

/// Returns the values of the variable of a template.
pub(crate) fn values(
    template: &str,
    variable: &str,
    tools: &ToolSet,
    deployment: &Deployment,
) -> Vec<String> {
    if template.starts_with(TOOLS) && variable == TOOL_VARIABLE {
        return tools.iter().map(|tool| tools.served_name(tool.spec().name).into_owned()).collect();
    }
    if template.starts_with(ONE_ROBOT) && variable == Deployment::ROBOT {
        return robots::names(deployment);
    }
    Vec::new()
}

/// Returns the contents of a resource, if it exists.
pub(crate) fn read(uri: &str, tools: &ToolSet, deployment: &Deployment) -> Option<ResourceContents> {
    match uri {
        MARKDOWN => Some(ResourceContents::text(MARKDOWN_TEXT, uri).with_mime_type("text/markdown")),
        ROBOTS => Some(to_json(uri, &described_robots(deployment))),
        _ if uri.starts_with(ONE_ROBOT) => {
            // Clients percent-encode the value of a variable.
            let name = percent_decode_str(uri.strip_prefix(ONE_ROBOT)?).decode_utf8().ok()?;
            let robot = deployment.robots.iter().find(|(known, _)| *known == name)?;
            Some(to_json(uri, &described_robot(robot, deployment)))
        }
        _ => {
            let name = uri.strip_prefix(TOOLS)?;
            let definition = deployment.definitions(tools).into_iter().find(|tool| tool.name == name)?;
            Some(to_json(uri, &described(&definition, tools.get(name)?)))
        }
    }
}

fn to_json(uri: &str, value: &Value) -> ResourceContents {
    ResourceContents::text(format!("{value:#}"), uri).with_mime_type(JSON)
}

fn described_robots(deployment: &Deployment) -> Value {
    let robots = deployment.robots.iter().map(|robot| described_robot(robot, deployment));
    json!({"robots": robots.collect::<Vec<_>>(), "messagesPerMinute": deployment.rate_per_minute})
}

fn described_robot((name, about): &(String, String), deployment: &Deployment) -> Value {
    json!({"name": name, "about": about, "default": deployment.default_robot.as_ref() == Some(name)})
}

fn described(definition: &Definition, tool: &ToolType) -> Value {
    let mut described = json!({"definition": definition});
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
        for unknown in ["dingtalk-notify://tools/", "dingtalk-notify://tools/x", "file:///etc/passwd"] {
            assert!(read(unknown, &tools, &Deployment::new()).is_none(), "{unknown}");
        }
    }

    #[test]
    fn every_built_in_tool_has_an_example_with_its_message() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        for tool in &tools {
            let uri = format!("{TOOLS}{}", tool.spec().name);
            let read: Value =
                serde_json::from_str(&text(read(&uri, &tools, &Deployment::new()).unwrap())).unwrap();
            assert!(read["example"]["message"]["msgtype"].is_string(), "{read:#}");
        }
    }

    #[test]
    fn a_robot_is_found_by_its_name_in_any_encoding() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        let robots = [("运维".to_owned(), "operations".to_owned())];
        let deployment = Deployment::new().robots(robots, None);
        for uri in ["dingtalk-notify://robots/运维", "dingtalk-notify://robots/%E8%BF%90%E7%BB%B4"] {
            let read: Value = serde_json::from_str(&text(read(uri, &tools, &deployment).unwrap())).unwrap();
            assert_eq!(read, json!({"name": "运维", "about": "operations", "default": false}));
        }
        assert!(read("dingtalk-notify://robots/ops", &tools, &deployment).is_none());
    }
}
