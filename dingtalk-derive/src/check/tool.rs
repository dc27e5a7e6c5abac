//! Rules on what an agent reads.

use std::collections::HashMap;

use dingtalk_template::{snake_case, words};

use super::{field::TEXTS, is_list};
use crate::{
    attr::ToolAttribute,
    errors::Errors,
    model::{Declaration, Field, Role, Shape, type_name},
};

/// Parameters with such a name would bring a secret into an agent's context.
const SECRETS: [&str; 8] =
    ["token", "secret", "password", "webhook", "sign", "signature", "access_token", "api_key"];

pub(super) fn check(declaration: &Declaration<'_>, tool: &ToolAttribute, errors: &Errors) {
    // An enum has been refused.
    if declaration.variants.len() != 1 {
        return;
    }
    // A tool that says nothing of itself.
    if declaration.documentation.trim().is_empty() {
        errors.at(
            &tool.keyword,
            "an agent chooses a tool by its description: say in a doc comment on the type what the notification is for",
        );
    }
    tool_name(declaration, tool, errors);
    // #[dingtalk(tool(instead = CpuAlert))] struct CpuAlert
    if let Some(instead) = &tool.instead
        && type_name(instead).is_some_and(|name| name == "Self" || declaration.ident == &name)
    {
        errors.at(instead, "a tool is no alternative to itself: name another one, or remove `instead`");
    }
    parameters(declaration, errors);
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
    if is_tool_name(&name) {
        return;
    }
    let rule = "a tool's name is lower case words joined by `_`, a verb first, 48 characters at most";
    match &tool.name {
        // tool(name = "SendHostDown")
        Some(given) => {
            let meant = snake_case(&name);
            let example = if is_tool_name(&meant) { &meant } else { "send_cpu_alert" };
            errors.at(given, format!("{rule}, such as `{example}`"));
        }
        // struct ADescriptionOfEverythingThatCouldPossiblyGoWrong
        None => errors.at(
            declaration.ident,
            format!("{rule}, and this type's would be `{name}`: choose one with `tool(name = \"…\")`"),
        ),
    }
}

fn parameter(field: &Field<'_>, errors: &Errors) {
    // host: String, without a word on what it is
    let documentation = field.documentation.trim().trim_end_matches('.').to_lowercase();
    let parameter = &field.parameter;
    if documentation.is_empty() {
        errors.at(
            field.ident,
            format!("an agent fills in `{parameter}`: say in a doc comment what it is, with an example"),
        );
    }
    // /// Host name. host_name: String
    if documentation == words(&field.name).join(" ").to_lowercase() {
        errors.at(
            field.ident,
            format!(
                "the doc comment of `{parameter}` only repeats its name: say what it is, with an example"
            ),
        );
    }
    // /// Token of the robot. access_token: String
    if SECRETS.contains(&field.name.to_lowercase().as_str()) {
        errors.at(
            field.ident,
            format!(
                "`{}` would bring a secret into the agent's context: keep it in the server's environment, not in the type",
                field.name
            ),
        );
    }
    names_and_defaults(field, errors);
    if field.role != Role::Value || field.attributes.unbounded.is_some() || field.attributes.incomplete {
        return;
    }
    let attributes = &field.attributes;
    let limited =
        [&attributes.length, &attributes.bytes].into_iter().flatten().any(|bounds| bounds.max.is_some());
    let text = type_name(field.shape.value(field.ty)).is_some_and(|name| TEXTS.contains(&name.as_str()));
    // text: String, as long as an agent likes
    if text && !limited {
        errors.at(
            field.ident,
            format!(
                "`{}` has no upper limit: add `#[dingtalk(length(..=N))]` or `#[dingtalk(unbounded)]`",
                field.name
            ),
        );
    }
    // lines: Vec<String>, as many as an agent likes
    if is_list(field) && attributes.max_items.is_none() {
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
    if let (Some(_), Some(several)) = (&field.attributes.default, field.shape.several()) {
        let absent = match field.shape {
            Shape::Optional(_) => "`None`",
            Shape::List(_) => "empty",
            _ => "`false`",
        };
        errors.at(
            field.ty,
            format!("`default` belongs on a single value: {several} that is not given is {absent}"),
        );
    }
}

fn is_parameter_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn is_tool_name(name: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.len() <= 48
        && name.contains('_')
        && name.split('_').all(part)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
}
