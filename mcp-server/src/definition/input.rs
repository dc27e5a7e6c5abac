//! The schema of a tool's arguments, with the facts of the deployment: names of people, limit of mentions, robots.

use dingtalk_core::tool::{Constraint, Parameter, PersonKind, ToolSpec};
use dingtalk_template::is_chinese;
use serde_json::{Map, Value, json};

use super::{deployment::Deployment, description::sentence};

/// Returns the JSON Schema of the arguments of a tool.
pub(super) fn schema(spec: &ToolSpec<'_>, deployment: &Deployment) -> Map<String, Value> {
    let changes: Vec<Change> =
        spec.parameters.iter().map(|parameter| Change::of(&parameter, deployment)).collect();
    let parameters = spec.parameters.iter().zip(&changes);
    let parameters: Vec<Parameter<'_>> =
        parameters.map(|(parameter, change)| change.describe(parameter)).collect();
    let mut schema = spec.input_schema_with(&parameters);
    if deployment.offers_a_choice() {
        add_robot(deployment, &mut schema);
    }
    schema
}

/// Changes that a deployment makes to a parameter; empty for most.
#[derive(Default)]
struct Change {
    description: Option<String>,
    constraints: Option<Vec<Constraint>>,
}

impl Change {
    fn of(parameter: &Parameter<'_>, deployment: &Deployment) -> Self {
        match parameter.mentions {
            Some(kind) => Self::of_mention(parameter, kind, deployment),
            None if !deployment.long_texts => {
                Self { description: None, constraints: in_one_message(parameter) }
            }
            None => Self::default(),
        }
    }

    fn of_mention(parameter: &Parameter<'_>, kind: PersonKind, deployment: &Deployment) -> Self {
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

/// Maximum length of a text in one message, in bytes: DingTalk's limit for the message, less its frame and mentions.
pub(crate) const ONE_MESSAGE: usize = 19_500;

/// Returns the constraints of a parameter that allows more than one message holds, with the limit of one message;
/// `None` for any other.
pub(crate) fn in_one_message(parameter: &Parameter<'_>) -> Option<Vec<Constraint>> {
    let exceeds = |constraint: &Constraint| match constraint {
        Constraint::Bytes { max, .. } => max.is_some_and(|max| max > ONE_MESSAGE),
        _ => false,
    };
    let constraints = parameter.field.constraints;
    constraints.iter().any(exceeds).then(|| {
        let limited = |constraint: &Constraint| match constraint {
            Constraint::Bytes { min, max } => {
                Constraint::Bytes { min: *min, max: max.map(|max| max.min(ONE_MESSAGE)) }
            }
            other => *other,
        };
        constraints.iter().map(limited).collect()
    })
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
