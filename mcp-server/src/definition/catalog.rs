//! The definitions of a set of tools, for people to read.

use std::fmt;

use dingtalk_core::tool::ToolSet;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Definition, deployment::Deployment};

/// The definitions of a set of tools, as they are served with a deployment. `Display` writes them for people, and
/// `serde::Serialize` in the form of `tools/list`.
///
/// ```
/// use dingtalk_core::tool::ToolSet;
/// use dingtalk_notify::{Catalog, Deployment, builtin_tools};
///
/// let tools = ToolSet::new(builtin_tools())?;
/// let catalog = Catalog::new(&tools, &Deployment::new());
/// assert!(catalog.to_string().starts_with("send_text_message: "));
/// assert_eq!(serde_json::to_value(&catalog)?["tools"][0]["name"], "send_text_message");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Catalog {
    #[serde(rename = "tools")]
    definitions: Vec<Definition>,
}

impl Catalog {
    /// Creates the definitions of these tools.
    pub fn new(tools: &ToolSet, deployment: &Deployment) -> Self {
        Self { definitions: deployment.definitions(tools) }
    }
}

/// Columns of a line; a Chinese character takes two.
const COLUMNS: usize = 100;

const INDENT: usize = 2;

impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, definition) in self.definitions.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}: {}", definition.name, definition.title)?;
            write_wrapped(f, &definition.description, INDENT)?;
            write_parameters(f, &definition.input_schema)?;
        }
        Ok(())
    }
}

fn write_parameters(f: &mut fmt::Formatter<'_>, schema: &Map<String, Value>) -> fmt::Result {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|required| required.iter().any(|other| other == name));
    let width = properties.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    for (name, property) in properties {
        let presence = match property.get("default") {
            Some(default) => format!("default {default}"),
            None if is_required(name) => "required".to_owned(),
            None => "optional".to_owned(),
        };
        writeln!(f, "\n{:INDENT$}{name:width$}  {}, {presence}", "", kind(property))?;
        let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
        write_wrapped(f, description, INDENT + width + 2)?;
    }
    Ok(())
}

/// Describes the values of a parameter.
fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            format!("list: each {}", schema.get("items").map_or_else(|| "value".to_owned(), kind))
        }
        Some("object") => {
            let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
            format!("object with {}", names.cloned().collect::<Vec<_>>().join(", "))
        }
        Some(kind) => kind.to_owned(),
        None => "value".to_owned(),
    }
}

/// Writes the text in lines of [`COLUMNS`], indented.
fn write_wrapped(f: &mut fmt::Formatter<'_>, text: &str, indent: usize) -> fmt::Result {
    let mut column = 0;
    for word in text.split_whitespace() {
        let columns: usize = word.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum();
        if column == 0 {
            write!(f, "{:indent$}", "")?;
            column = indent;
        } else if column + 1 + columns > COLUMNS {
            write!(f, "\n{:indent$}", "")?;
            column = indent;
        } else {
            f.write_str(" ")?;
            column += 1;
        }
        f.write_str(word)?;
        column += columns;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{Mobile, Notification, tools};
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    /// Warn the person on call that a host no longer answers, and say how long it has been silent.
    #[derive(Notification)]
    #[dingtalk(text("{host}: {minutes} {level}\n{notes}\n{urgent}"), tool)]
    struct HostDown {
        /// Host name as in the inventory, for example `web-3`.
        #[dingtalk(length(1..=64))]
        host: String,
        /// Time of silence, in minutes. 静默的时长，以分钟为单位，从最后一次心跳开始计算，直到发出这条消息为止。
        minutes: u32,
        /// Severity.
        #[dingtalk(default = "warning", length(..=20))]
        level: String,
        /// Known facts.
        #[dingtalk(line = "- {}", length(..=80), max_items = 3)]
        notes: Vec<String>,
        /// People must come at once.
        #[dingtalk(line = "!")]
        urgent: bool,
        /// Person to mention.
        #[dingtalk(at)]
        person: Option<Mobile>,
    }

    #[test]
    fn people_can_read_it() {
        let tools = ToolSet::new(tools![HostDown]).unwrap();
        expect![[r#"
            send_host_down: Host down
              DingTalk (钉钉): Warn the person on call that a host no longer answers, and say how long it has
              been silent. Posts immediately; cannot be recalled. On status `unknown`, do not repeat: it may
              have arrived.

              host     string, required
                       Host name as in the inventory, for example `web-3`. 1 to 64 characters.

              minutes  integer, required
                       Time of silence, in minutes.
                       静默的时长，以分钟为单位，从最后一次心跳开始计算，直到发出这条消息为止。

              level    string, default "warning"
                       Severity. At most 20 characters.

              notes    list: each string, optional
                       Known facts. Each at most 80 characters, at most 3 items.

              urgent   boolean, default false
                       People must come at once.

              person   string, optional
                       Person to mention.
        "#]]
        .assert_eq(&Catalog::new(&tools, &Deployment::new()).to_string());
    }

    #[test]
    fn every_kind_has_words() {
        for (schema, words) in [
            (json!({"type": "string", "enum": ["low", "high"]}), "one of \"low\", \"high\""),
            (json!({"type": "array", "items": {"type": "integer"}}), "list: each integer"),
            (json!({"type": "object", "properties": {"a": {}, "b": {}}}), "object with a, b"),
        ] {
            assert_eq!(kind(&schema), words);
        }
    }
}
