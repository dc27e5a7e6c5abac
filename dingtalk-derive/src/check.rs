//! Rules that span several attributes. A comment above each shows what it forbids.

use std::collections::{HashMap, HashSet};

use dingtalk_template::{snake_case, words};

use crate::{
    attr::ToolAttribute,
    errors::Errors,
    expand::Derive,
    model::{Body, Field, Notification, Role, Shape, type_name},
};

/// Parameters with such a name would bring a secret into an agent's context.
const SECRETS: [&str; 8] =
    ["token", "secret", "password", "webhook", "sign", "signature", "access_token", "api_key"];

const TEXTS: [&str; 3] = ["String", "str", "Markdown"];

const NUMBERS: [&str; 12] =
    ["f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

pub(crate) fn check(notification: &Notification<'_>, errors: &Errors) {
    for field in &notification.fields {
        roles(field, errors);
        bounds(field, errors);
        // link(…) with #[dingtalk(at)] people: Vec<Mobile>
        let mention = field.attributes.at.as_ref().or(field.attributes.at_all.as_ref());
        if let (Some(mention), Some(false)) = (mention, notification.body.as_ref().map(Body::can_mention)) {
            errors.at(mention, "only text and Markdown messages can mention people: remove it");
        }
    }
    if notification.tool.is_some() {
        tool(notification, errors);
    }
}

/// Each derive has attributes of its own.
pub(crate) fn derive(notification: &Notification<'_>, derive: Derive, errors: &Errors) {
    match (derive, &notification.body) {
        // #[derive(Notification)] #[dingtalk(item(…))]
        (Derive::Notification, Some(Body::Item { keyword, .. })) => {
            errors.at(keyword, "`item` belongs to `#[derive(FeedItem)]`; a notification is a message");
        }
        // #[derive(FeedItem)] #[dingtalk(text("…"))]
        (Derive::FeedItem, Some(body)) if !matches!(body, Body::Item { .. }) => {
            errors.at(
                notification.ident,
                "an item of a feed card is no message: write `#[dingtalk(item(title = \"…\", url = \"…\", picture = \"…\"))]`",
            );
        }
        _ => {}
    }
    // #[derive(FeedItem)] #[dingtalk(tool)]
    if let (Derive::FeedItem, Some(tool)) = (derive, &notification.tool) {
        errors.at(&tool.keyword, "an item of a feed card is no tool: remove `tool`");
    }
}

/// Every field must be used: `used` holds those that a template shows.
pub(crate) fn unused(notification: &Notification<'_>, used: &HashSet<String>, errors: &Errors) {
    // struct Alert { host: String, note: String } with text("{host}")
    let by_lines = matches!(notification.body, Some(Body::Markdown { text: None, .. }));
    let unused = |field: &&Field<'_>| {
        field.role == Role::Value && !field.attributes.incomplete && !used.contains(&field.name)
    };
    for field in notification.fields.iter().filter(unused) {
        let name = &field.name;
        let how = if by_lines {
            "give it a `#[dingtalk(line = \"… {} …\")]`".to_owned()
        } else {
            format!("write `{{{name}}}` where it belongs")
        };
        errors.at(field.ident, format!("no template shows `{name}`: {how}, or mark it `#[dingtalk(skip)]`"));
    }
}

fn roles(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(at_all)] everybody: String
    if let (Some(at_all), false) = (&field.attributes.at_all, matches!(field.shape, Shape::Flag)) {
        errors.at(at_all, "`at_all` belongs on a `bool`");
    }
    // #[dingtalk(at, line = "- {}")]
    if let (Role::At | Role::AtAll | Role::Skip, Some(line)) = (field.role, &field.attributes.line) {
        let message = match field.role {
            Role::Skip => "a skipped field is not shown: remove its `line`, or the `skip`".to_owned(),
            _ => format!(
                "a mention has no `line`: it is appended to the message, or stands as `{{{}}}` in a template",
                field.name
            ),
        };
        errors.at(line, message);
    }
}

fn bounds(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(max_items = 3)] host: String
    if field.attributes.max_items.is_some() && !matches!(field.shape, Shape::List(_)) {
        errors.at(field.ty, "`max_items` belongs on a `Vec`; limit a text with `length(..=N)`");
    }
    // #[dingtalk(length(..=3))] load: u32
    if let Some(problem) = misfit(field) {
        errors.at(field.ty, problem);
    }
    // #[dingtalk(length(9..=1))]
    for bounds in
        [&field.attributes.length, &field.attributes.bytes, &field.attributes.range].into_iter().flatten()
    {
        if let (Some(min), Some(max)) = (&bounds.min, &bounds.max)
            && let (Ok(least), Ok(greatest)) = (number(&min.to_string()), number(&max.to_string()))
            && least > greatest
        {
            let [min_shown, max_shown] = [min, max].map(|end| end.to_string().replace(' ', ""));
            errors.at(
                min,
                format!("no value is at least {min_shown} and at most {max_shown}: write `{max_shown}..={min_shown}`"),
            );
        }
    }
}

/// Why the rules on the field say nothing about a value of its type. Types that are not known here are left to rustc.
fn misfit(field: &Field<'_>) -> Option<String> {
    let attributes = &field.attributes;
    let text = attributes.length.as_ref().map(|_| "length").or(attributes.bytes.as_ref().map(|_| "bytes"));
    let number = attributes.range.as_ref().map(|_| "range");
    let ty = type_name(field.shape.value(field.ty))?;
    match (ty.as_str(), text, number) {
        ("bool" | "Mobile" | "UserId" | "Url", Some(rule), _)
        | ("bool" | "Mobile" | "UserId" | "Url", _, Some(rule)) => {
            Some(format!("`{rule}` says nothing about a `{ty}`: remove it"))
        }
        (name, Some(rule), _) if NUMBERS.contains(&name) => {
            Some(format!("`{rule}` belongs on a text; limit a number with `range(a..=b)`"))
        }
        (name, _, Some(rule)) if TEXTS.contains(&name) => {
            Some(format!("`{rule}` belongs on a number; limit a text with `length(..=N)`"))
        }
        _ => None,
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
    tool_name(notification, tool, errors);
    // #[dingtalk(tool(instead = CpuAlert))] struct CpuAlert
    if let Some(instead) = &tool.instead
        && type_name(instead).is_some_and(|name| name == "Self" || notification.ident == &name)
    {
        errors.at(instead, "a tool is no alternative to itself: name another one, or remove `instead`");
    }
    // struct CpuAlert<'a> { host: &'a str }
    if !notification.generics.params.is_empty() {
        errors.at(
            &notification.generics.params,
            "a tool owns its values: write `String` and the like, without lifetimes and type parameters",
        );
    }
    let mut names: HashMap<&str, &str> = HashMap::new();
    for field in notification.fields.iter().filter(|field| field.role != Role::Skip) {
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

fn tool_name(notification: &Notification<'_>, tool: &ToolAttribute, errors: &Errors) {
    let name = notification.tool_name(tool);
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
            notification.ident,
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
