//! Rules that span several attributes. A comment above each shows what it forbids.

use std::collections::HashSet;

use dingtalk_template::words;

use crate::{
    errors::Errors,
    model::{Field, Notification, Role, Shape, type_name},
};

/// Parameters with such a name would bring a secret into an agent's context.
const SECRETS: [&str; 8] =
    ["token", "secret", "password", "webhook", "sign", "signature", "access_token", "api_key"];

pub(crate) fn check(notification: &Notification<'_>, errors: &Errors) {
    for field in &notification.fields {
        roles(field, errors);
        bounds(field, errors);
    }
    if notification.tool.is_some() {
        tool(notification, errors);
    }
}

/// Every field must be used: `used` holds those that a template shows.
pub(crate) fn unused(notification: &Notification<'_>, used: &HashSet<String>, errors: &Errors) {
    // struct Alert { host: String, note: String } with text("{host}")
    for field in notification.fields.iter().filter(|field| field.role == Role::Value) {
        if !used.contains(&field.name) {
            errors.at(
                field.ident,
                format!(
                    "no template shows `{0}`: write `{{{0}}}` where it belongs, or mark it `#[dingtalk(skip)]`",
                    field.name
                ),
            );
        }
    }
}

fn roles(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(at_all)] everybody: String
    if let (Some(at_all), false) = (&field.attributes.at_all, matches!(field.shape, Shape::Flag)) {
        errors.at(at_all, "`at_all` belongs on a `bool`");
    }
    // #[dingtalk(at, line = "- {}")]
    if let (Role::At | Role::AtAll | Role::Skip, Some(line)) = (field.role, &field.attributes.line) {
        errors.at(
            line,
            "a mention or a skipped field has no `line`; a mention may stand in a template as a slot",
        );
    }
}

fn bounds(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(max_items = 3)] host: String
    if let (Some(max_items), false) = (&field.attributes.max_items, matches!(field.shape, Shape::List(_))) {
        errors.at(max_items, "`max_items` belongs on a `Vec`");
    }
    // #[dingtalk(length(9..=1))]
    for bounds in
        [&field.attributes.length, &field.attributes.bytes, &field.attributes.range].into_iter().flatten()
    {
        if let (Some(min), Some(max)) = (&bounds.min, &bounds.max)
            && let (Ok(least), Ok(greatest)) = (number(&min.to_string()), number(&max.to_string()))
            && least > greatest
        {
            errors.at(min, format!("no value is at least {min} and at most {max}"));
        }
    }
}

/// The value of a number literal, without its separators and suffix.
fn number(literal: &str) -> Result<f64, std::num::ParseFloatError> {
    let plain: String = literal.chars().filter(|c| !matches!(c, '_' | ' ')).collect();
    plain.trim_end_matches(char::is_alphabetic).parse()
}

fn tool(notification: &Notification<'_>, errors: &Errors) {
    let Some(tool) = &notification.tool else { return };
    // A tool that says nothing of itself.
    if notification.documentation.trim().is_empty() {
        errors.at(
            &tool.keyword,
            "an agent chooses a tool by its description: say in a doc comment on the type what the notification is for",
        );
    }
    if let Some(name) = &tool.name
        && !is_tool_name(&name.value())
    {
        errors.at(name, "a tool's name is lower case words joined by `_`, a verb first, 48 characters at most: `send_cpu_alert`");
    }
    for field in notification.fields.iter().filter(|field| field.role != Role::Skip) {
        parameter(field, errors);
    }
}

fn parameter(field: &Field<'_>, errors: &Errors) {
    // host: String, without a word on what it is
    let documentation = field.documentation.trim().trim_end_matches('.').to_lowercase();
    if documentation.is_empty() || documentation == words(&field.name).join(" ").to_lowercase() {
        errors.at(
            field.ident,
            format!(
                "an agent fills in `{}`: say in a doc comment what it is, with an example",
                field.parameter
            ),
        );
    }
    // /// Token of the robot. access_token: String
    if SECRETS.contains(&field.name.to_lowercase().as_str()) {
        errors.at(
            field.ident,
            format!(
                "`{}` would bring a secret into the agent's context: keep it in the server's environment",
                field.name
            ),
        );
    }
    if field.role != Role::Value || field.attributes.unbounded.is_some() {
        return;
    }
    let attributes = &field.attributes;
    let limited =
        [&attributes.length, &attributes.bytes].into_iter().flatten().any(|bounds| bounds.max.is_some());
    let text = type_name(field.shape.value(field.ty))
        .is_some_and(|name| matches!(name.as_str(), "String" | "str" | "Markdown"));
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
    if matches!(field.shape, Shape::List(_)) && attributes.max_items.is_none() {
        errors.at(
            field.ident,
            format!(
                "`{}` has no upper limit: add `#[dingtalk(max_items = N)]` or `#[dingtalk(unbounded)]`",
                field.name
            ),
        );
    }
}

fn is_tool_name(name: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.len() <= 48
        && name.contains('_')
        && name.split('_').all(part)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
}
