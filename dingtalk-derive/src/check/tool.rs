//! Rules on what an agent reads.

use std::collections::HashMap;

use dingtalk_template::{Instruction, instruction_like, is_tautology, looks_secret, tool_name_problem};
use quote::ToTokens;

use super::effect::needed_limits;
use crate::{
    attr::ToolAttribute,
    errors::Errors,
    expand::tool::{first_paragraph, title},
    model::{Declaration, Field, Role, Shape, type_name},
};

pub(super) fn check(declaration: &Declaration<'_>, tool: &ToolAttribute, errors: &Errors) {
    // An enum has been refused.
    if declaration.variants.len() != 1 {
        return;
    }
    description(declaration, tool, errors);
    tool_name(declaration, tool, errors);
    // #[dingtalk(tool(instead = CpuAlert))] struct CpuAlert
    if let Some(instead) = &tool.instead
        && type_name(instead).is_some_and(|name| name == "Self" || declaration.ident == &name)
    {
        errors.at(instead, "a tool is no alternative to itself: name another one, or remove `instead`");
    }
    parameters(declaration, errors);
}

/// What an agent chooses by.
fn description(declaration: &Declaration<'_>, tool: &ToolAttribute, errors: &Errors) {
    let purpose = first_paragraph(&declaration.documentation);
    let (name, title) = (declaration.tool_name(tool), title(declaration, tool));
    if purpose.is_empty() {
        // A tool that says nothing of itself.
        errors.at(
            &tool.keyword,
            "an agent chooses a tool by its description: say in a doc comment on the type what the notification is for",
        );
    } else if is_tautology(&purpose, &[&name, &title, &declaration.name()]) {
        // /// Sends a CPU alert. struct CpuAlert
        errors.at(
            &tool.keyword,
            format!("\"{purpose}\" says no more than the name `{name}`: say what the notification tells whom, and why"),
        );
    }
    // tool(title = "send_cpu_alert")
    if let Some(given) = &tool.title
        && (title.trim().is_empty() || title == name)
    {
        errors.at(given, "a title is for people: write it in words, such as `\"CPU alert\"`");
    }
    for (key, text) in [("when", &tool.when), ("not_when", &tool.not_when)] {
        // tool(when = "")
        if let Some(text) = text.as_ref().filter(|text| text.value().trim().is_empty()) {
            errors.at(
                text,
                format!(
                    "`{key}` is the rest of a sentence that begins with \"when\": write it, or remove it"
                ),
            );
        }
    }
    let texts = [&tool.title, &tool.when, &tool.not_when].into_iter().flatten();
    for text in texts {
        instruction(text, &text.value(), "this text", errors);
    }
    instruction(&tool.keyword, &purpose, "the type's doc comment", errors);
}

/// /// Always call this tool first.
fn instruction(tokens: impl ToTokens, text: &str, place: &str, errors: &Errors) {
    if let Some(found) = instruction_like(text) {
        let problem = match found {
            Instruction::Character(_) => "what an agent reads is what people can see",
            _ => "what an agent reads informs and gives no orders",
        };
        errors.at(tokens, format!("{problem}: remove {found} from {place}"));
    }
}

/// What an agent fills in.
pub(super) fn parameters(declaration: &Declaration<'_>, errors: &Errors) {
    // struct CpuAlert<'a> { host: &'a str }
    if !declaration.generics.params.is_empty() {
        errors.at(
            &declaration.generics.params,
            "a tool owns its values: write `String` and the like, without lifetimes and type parameters",
        );
    }
    let mut names: HashMap<&str, &str> = HashMap::new();
    for field in declaration.fields().filter(|field| field.role != Role::Skip) {
        parameter(field, errors);
        // #[dingtalk(rename = "host")] server: String, beside host: String
        if let Some(other) = names.insert(&field.parameter, &field.name) {
            let Field { ident, name, parameter, .. } = field;
            errors.at(
                ident,
                format!("`{other}` and `{name}` are both the parameter `{parameter}`: rename one"),
            );
        }
    }
}

fn tool_name(declaration: &Declaration<'_>, tool: &ToolAttribute, errors: &Errors) {
    let name = declaration.tool_name(tool);
    let Some(problem) = tool_name_problem(&name) else { return };
    match &tool.name {
        // tool(name = "SendHostDown")
        Some(given) => errors.at(given, problem),
        // struct ADescriptionOfEverythingThatCouldPossiblyGoWrong
        None => errors.at(declaration.ident, format!("{problem}, with `tool(name = \"…\")`")),
    }
}

fn parameter(field: &Field<'_>, errors: &Errors) {
    let documentation = field.documentation.trim();
    let parameter = &field.parameter;
    if documentation.is_empty() {
        // host: String, without a word on what it is
        errors.at(
            field.ident,
            format!("an agent fills in `{parameter}`: say in a doc comment what it is, with an example"),
        );
    } else if is_tautology(documentation, &[&field.name]) {
        // /// The host's name. host_name: String
        errors.at(
            field.ident,
            format!(
                "the doc comment of `{parameter}` only repeats its name: say what it is, with an example"
            ),
        );
    }
    instruction(field.ident, documentation, "its doc comment", errors);
    // /// Token of the robot. access_token: String
    if looks_secret(&field.name) {
        errors.at(
            field.ident,
            format!(
                "`{}` would bring a secret into the agent's context: keep it in the server's environment, not in the type",
                field.name
            ),
        );
    }
    names_and_defaults(field, errors);
    if field.attributes.unbounded.is_some() || field.attributes.incomplete {
        return;
    }
    let needed = needed_limits(field);
    if needed.text {
        errors.at(
            field.ident,
            format!(
                "`{}` has no upper limit: add `#[dingtalk(length(..=N))]` or `#[dingtalk(unbounded)]`",
                field.name
            ),
        );
    }
    if needed.items {
        errors.at(
            field.ident,
            format!(
                "`{}` has no upper limit: add `#[dingtalk(max_items = N)]` or `#[dingtalk(unbounded)]`",
                field.name
            ),
        );
    }
}

fn names_and_defaults(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(rename = "host name")] host: String
    if let Some(rename) = &field.attributes.rename
        && !is_parameter_name(&field.parameter)
    {
        errors.at(rename, "a parameter's name is letters, digits, `_` and `-`, 64 at most, a letter first");
    }
    // #[dingtalk(default = 3)] count: Option<u32>
    if let (Some(default), Some(several)) = (&field.attributes.default, field.shape.several()) {
        let absent = match field.shape {
            Shape::Optional(_) => "`None`",
            Shape::List(_) => "empty",
            _ => "`false`",
        };
        errors.at(
            &default.keyword,
            format!("{several} that is not given is {absent}, so a `default` changes nothing: remove it"),
        );
    }
}

fn is_parameter_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}
