//! Drafts on the page: a declaration of the configuration file, or a template, with values.

use dingtalk_config::Config;
use dingtalk_core::{
    message::{Faults, WireMessage},
    tool::ToolType,
};
use dingtalk_sandbox::Draft;
use serde_json::{Map, Value};

use super::super::words::{language, words};
use crate::protocol::example::example;

/// Returns the body of the message that the draft becomes, or its faults.
pub(in crate::program) fn compose(draft: &Draft) -> Result<String, Vec<String>> {
    let (tools, name, values) = match draft {
        Draft::Declaration { toml, name, values } => (read(&file(toml))?, name.as_deref(), values.clone()),
        Draft::Template { title, text, values } => {
            let shown: Map<String, Value> = values
                .iter()
                .filter(|(name, _)| {
                    is_shown(name, text) || title.as_ref().is_some_and(|title| is_shown(name, title))
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (read(&declared(title.as_deref(), text, &shown)?)?, None, shown)
        }
        _ => return Err(vec![words("this draft is not supported", "不支持这种草稿").to_owned()]),
    };
    let tool = chosen(&tools, name)?;
    let is_declaration = matches!(draft, Draft::Declaration { .. });
    let values =
        if values.is_empty() && is_declaration { example_of(tool).unwrap_or_default() } else { values };
    let message = tool
        .message(&values)
        .map_err(|faults: Faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    serde_json::to_string(&WireMessage::new(message)).map_err(|error| vec![error.to_string()])
}

/// Completes a declaration to a file: the version, and the name of a table that stands alone.
fn file(toml: &str) -> String {
    let mut lines = toml.lines().map(str::trim_start);
    let has_table = toml.lines().any(|line| line.trim_start().starts_with('['));
    let has_version =
        lines.by_ref().take_while(|line| !line.starts_with('[')).any(|line| line.starts_with("version"));
    match (has_version, has_table) {
        (true, _) => toml.to_owned(),
        (false, true) => format!("version = 1\n{toml}"),
        (false, false) => format!("version = 1\n[notifications.draft]\n{toml}"),
    }
}

/// Declares a template, with a field for each value.
fn declared(title: Option<&str>, text: &str, values: &Map<String, Value>) -> Result<String, Vec<String>> {
    // A JSON string is a basic string of TOML.
    let quoted = |text: &str| Value::from(text).to_string();
    let mut fields = Vec::new();
    for (name, value) in values {
        let (kind, more) = match value {
            Value::Array(items) => {
                (kind_of(items.first().unwrap_or(&Value::Null)), ", list = true, join = \", \"")
            }
            value => (kind_of(value), ""),
        };
        let kind = kind.ok_or_else(|| {
            vec![words(
                format!("{name}: expected a text, a number, true or false, or a list of one of them"),
                format!("{name}：应为文本、数字、true 或 false，或由它们组成的列表"),
            )]
        })?;
        // The rules of a text concern agents, which fill in a template no more than a person who tries it.
        let unbounded = if kind == "text" { ", unbounded = true" } else { "" };
        let field = "description = \"A value, for example `x`.\"";
        fields.push(format!("{{ name = {}, type = \"{kind}\", {field}{unbounded}{more} }}", quoted(name)));
    }
    let title = quoted(title.unwrap_or("Draft"));
    Ok(format!(
        "version = 1\n[notifications.draft]\npurpose = \"Show how a template looks with the values that a person tries.\"\nmarkdown = {{ title = {title}, text = {} }}\nfields = [{}]\n",
        quoted(text),
        fields.join(", ")
    ))
}

/// Returns the type of a field with this value.
fn kind_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null | Value::String(_) => Some("text"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        Value::Bool(_) => Some("flag"),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reports whether the template shows a value. The declaration's rules refuse a field that no template shows, but a
/// person may write the values first.
fn is_shown(name: &str, template: &str) -> bool {
    template.match_indices(&format!("{{{name}")).any(|(at, found)| {
        template[at + found.len()..].starts_with(|next: char| !next.is_alphanumeric() && next != '_')
    })
}

fn read(file: &str) -> Result<Vec<ToolType>, Vec<String>> {
    let config = Config::parse(file);
    let config = config.map_err(|error| -> Vec<String> {
        error.faults().iter().map(|fault| fault.in_language(language())).collect()
    })?;
    Ok(config.notifications)
}

fn chosen<'t>(tools: &'t [ToolType], name: Option<&str>) -> Result<&'t ToolType, Vec<String>> {
    let names = || tools.iter().map(|tool| tool.spec().name.to_owned()).collect::<Vec<_>>().join(", ");
    match (name, tools) {
        (_, []) => Err(vec![words("no notification is declared", "没有声明任何通知").to_owned()]),
        (None, [only]) => Ok(only),
        (None, _) => Err(vec![words(
            format!("several notifications are declared: name one of {}", names()),
            format!("声明了多个通知：请指定其中一个：{}", names()),
        )]),
        (Some(name), tools) => tools.iter().find(|tool| tool.spec().name == name).ok_or_else(|| {
            vec![words(
                format!("unknown notification `{name}`; declared: {}", names()),
                format!("未知的通知 `{name}`；已声明：{}", names()),
            )]
        }),
    }
}

fn example_of(tool: &ToolType) -> Option<Map<String, Value>> {
    let example = example(&tool.spec().input_schema(), tool)?;
    example.get("arguments")?.as_object().cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declaration(toml: &str, name: Option<&str>, values: &Value) -> Result<Value, Vec<String>> {
        let values = values.as_object().cloned().unwrap_or_default();
        compose_json(&Draft::declaration(toml, name, values))
    }

    fn template(title: Option<&str>, text: &str, values: &Value) -> Result<Value, Vec<String>> {
        compose_json(&Draft::template(title, text, values.as_object().cloned().unwrap_or_default()))
    }

    fn compose_json(draft: &Draft) -> Result<Value, Vec<String>> {
        compose(draft).map(|body| serde_json::from_str(&body).unwrap())
    }

    const DISK: &str = "purpose = \"Warn that a disk is nearly full.\"\ntext = \"{host}: {percent}%\"\n\
                        fields = [{ name = \"host\", type = \"text\", description = \"Host name.\", length = \"..=64\", example = \"web-3\" }, { name = \"percent\", type = \"integer\", description = \"Used space.\", range = \"1..=100\" }]";

    #[test]
    fn a_declaration_becomes_a_message() {
        let whole = format!("version = 1\n[notifications.disk]\n{DISK}");
        let table = format!("[notifications.disk]\n{DISK}");
        for toml in [&whole, &table, DISK] {
            let message = declaration(toml, None, &json!({"host": "db-1", "percent": 97})).unwrap();
            assert_eq!(message["text"]["content"], "db-1: 97%", "{toml}");
        }
        let example = declaration(DISK, None, &json!({})).unwrap();
        assert_eq!(example["text"]["content"], "web-3: 1%");
    }

    #[test]
    fn faults_are_told() {
        let told = |result: Result<Value, Vec<String>>| result.unwrap_err().join("\n");
        assert!(told(declaration(DISK, None, &json!({"host": 1}))).contains("`host`"));
        assert!(told(declaration("text = \"{hots}\"", None, &json!({}))).contains("hots"));
        assert!(told(declaration("text = ", None, &json!({}))).contains("line"));
        assert!(told(declaration("version = 1", None, &json!({}))).contains("no notification"));
        let two = format!("[notifications.a]\n{DISK}\n[notifications.b]\n{DISK}");
        assert!(told(declaration(&two, None, &json!({}))).contains("several notifications"));
        assert!(told(declaration(&two, Some("c"), &json!({}))).contains("unknown notification `c`"));
        assert!(
            declaration(&two, Some("send_a"), &json!({})).is_ok()
                || declaration(&two, Some("a"), &json!({})).is_ok()
        );
    }

    #[test]
    fn a_template_needs_no_declaration() {
        let values = &json!({"host": "web-3", "percent": 97.5, "disks": ["a", "b"], "unused": 1});
        let message =
            template(Some("{host} is full"), "### {host}\n\n{percent} %\n\n{disks}", values).unwrap();
        assert_eq!(message["markdown"]["title"], "web-3 is full");
        let text = message["markdown"]["text"].as_str().unwrap();
        assert!(text.starts_with("### web-3\n\n97.5 %") && text.contains('b'), "{text}");
        let hostile = template(None, "say \"{x}\"\n\\ end", &json!({"x": "\"]\nversion = 2"})).unwrap();
        assert!(hostile["markdown"]["text"].as_str().unwrap().starts_with("say \""));
        assert!(template(None, "{x}", &json!({})).unwrap_err().join("").contains('x'));
        assert!(template(None, "{x}", &json!({"x": {}})).unwrap_err()[0].starts_with("x: expected a text"));
    }
}
