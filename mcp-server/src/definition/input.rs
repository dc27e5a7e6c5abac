//! The schema of a tool's arguments, with the facts of the deployment: names of people, limit of mentions, robots.

use dingtalk_core::tool::{Constraint, Parameter, ToolSpec};
use dingtalk_template::is_chinese;
use serde_json::{Map, Value, json};

use super::{deployment::Deployment, description::sentence};

/// Returns the JSON Schema of the arguments of a tool.
pub(super) fn schema(spec: &ToolSpec<'_>, deployment: &Deployment) -> Map<String, Value> {
    let mentions: Vec<Mention> =
        spec.parameters.iter().map(|parameter| Mention::of(&parameter, deployment)).collect();
    let parameters = spec.parameters.iter().zip(&mentions);
    let parameters: Vec<Parameter<'_>> =
        parameters.map(|(parameter, mention)| mention.describe(parameter)).collect();
    let mut schema = spec.input_schema_with(&parameters);
    if deployment.offers_a_choice() {
        add_robot(deployment, &mut schema);
    }
    schema
}

/// Changes that a deployment makes to a parameter that mentions people; empty for any other.
#[derive(Default)]
struct Mention {
    description: Option<String>,
    constraints: Option<Vec<Constraint>>,
}

impl Mention {
    fn of(parameter: &Parameter<'_>, deployment: &Deployment) -> Self {
        let Some(kind) = parameter.mentions else { return Self::default() };
        let names = deployment.people.iter().filter(|(_, of)| *of == kind);
        let names: Vec<&str> = names.map(|(name, _)| &**name).collect();
        let description =
            (!names.is_empty()).then(|| with_names(&sentence(parameter.description), &names.join(", ")));
        let constraints = deployment.max_mentions.map(|fewer| {
            let constraints = parameter.field.constraints.iter().map(|constraint| match constraint {
                Constraint::Items { min, max } => {
                    Constraint::Items { min: *min, max: Some(max.map_or(fewer, |max| fewer.min(max))) }
                }
                other => *other,
            });
            constraints.collect()
        });
        Self { description, constraints }
    }

    fn describe<'a>(&'a self, mut parameter: Parameter<'a>) -> Parameter<'a> {
        if let Some(description) = &self.description {
            parameter.description = description;
        }
        if let Some(constraints) = &self.constraints {
            parameter.field.constraints = constraints;
        }
        parameter
    }
}

fn with_names(description: &str, names: &str) -> String {
    if is_chinese(description) {
        format!("{description}也可填名称：{names}。")
    } else {
        format!("{description} Known names: {names}.")
    }
}

/// Adds the argument that chooses a robot, as the last one.
fn add_robot(deployment: &Deployment, schema: &mut Map<String, Value>) {
    let names: Vec<&str> = deployment.robots.iter().map(|(name, _)| &**name).collect();
    let groups = deployment.robots.iter().map(|(name, about)| format!("`{name}`: {about}"));
    let mut property = Map::new();
    property.insert("type".to_owned(), json!("string"));
    property.insert("enum".to_owned(), json!(names));
    let groups = sentence(&groups.collect::<Vec<_>>().join("; "));
    property.insert(
        "description".to_owned(),
        json!(format!("The group that receives the message; if unclear, ask the user. {groups}")),
    );
    if let Some(default) = &deployment.default_robot {
        property.insert("default".to_owned(), json!(default));
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties {
        properties.insert(Deployment::ROBOT.to_owned(), Value::Object(property));
    }
    if deployment.default_robot.is_none() {
        let required = schema.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.push(json!(Deployment::ROBOT));
        }
    }
}
