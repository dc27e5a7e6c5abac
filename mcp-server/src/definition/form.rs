//! The serialized form of a definition: a tool of the Model Context Protocol.
//!
//! It needs no version number: fields are added and never change their meaning, and a reader ignores unknown ones.
//! `tests/golden/forms` holds the forms of earlier versions.

use std::borrow::Cow;

use dingtalk_core::tool::ToolSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::{Annotations, Definition};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    name: Cow<'a, str>,
    title: Cow<'a, str>,
    description: Cow<'a, str>,
    input_schema: Cow<'a, Map<String, Value>>,
    output_schema: Cow<'a, Map<String, Value>>,
    #[serde(default)]
    annotations: Hints<'a>,
}

/// Hints; missing ones have the protocol's defaults.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol has these four hints")]
struct Hints<'a> {
    /// Repeats the title, for clients of the protocol's earlier versions.
    title: Cow<'a, str>,
    read_only_hint: bool,
    destructive_hint: bool,
    idempotent_hint: bool,
    open_world_hint: bool,
}

impl Default for Hints<'_> {
    fn default() -> Self {
        Self {
            title: Cow::Borrowed(""),
            read_only_hint: false,
            destructive_hint: true,
            idempotent_hint: false,
            open_world_hint: true,
        }
    }
}

/// Writes the form of `tools/list`.
impl Serialize for Definition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form {
            name: Cow::Borrowed(&self.name),
            title: Cow::Borrowed(&self.title),
            description: Cow::Borrowed(&self.description),
            input_schema: Cow::Borrowed(&self.input_schema),
            output_schema: Cow::Borrowed(&self.output_schema),
            annotations: Hints {
                title: Cow::Borrowed(&self.title),
                read_only_hint: self.annotations.read_only,
                destructive_hint: self.annotations.destructive,
                idempotent_hint: self.annotations.idempotent,
                open_world_hint: self.annotations.open_world,
            },
        }
        .serialize(serializer)
    }
}

/// Reads the same form. Unknown fields are ignored. An invalid name, an empty text and a schema of anything but an
/// object are errors.
impl<'de> Deserialize<'de> for Definition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        if let Some(problem) = form.problem() {
            return Err(D::Error::custom(problem));
        }
        let hints = form.annotations;
        Ok(Self {
            name: form.name.into_owned(),
            title: form.title.into_owned(),
            description: form.description.into_owned(),
            input_schema: form.input_schema.into_owned(),
            output_schema: form.output_schema.into_owned(),
            annotations: Annotations {
                read_only: hints.read_only_hint,
                destructive: hints.destructive_hint,
                idempotent: hints.idempotent_hint,
                open_world: hints.open_world_hint,
            },
        })
    }
}

impl Form<'_> {
    /// Returns the first violation of what all our definitions satisfy.
    fn problem(&self) -> Option<String> {
        if !is_tool_name(&self.name) {
            return Some(format!(
                "`name` must begin with a lower case letter and have at most {} lower case letters, digits, `_` and `-`, not \
                 {:?}",
                ToolSet::MAX_NAME,
                self.name
            ));
        }
        let texts = [("title", &self.title), ("description", &self.description)];
        if let Some((field, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return Some(format!("`{field}` must not be empty"));
        }
        let schemas = [("inputSchema", &self.input_schema), ("outputSchema", &self.output_schema)];
        let (field, schema) =
            schemas.into_iter().find(|(_, schema)| schema.get("type") != Some(&Value::from("object")))?;
        let given = schema.get("type").map_or("nothing".to_owned(), Value::to_string);
        Some(format!("`{field}` must have the type \"object\", not {given}"))
    }
}

/// Reports whether a set of tools can have this name, prefix included.
fn is_tool_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= ToolSet::MAX_NAME
        && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Value {
        json!({
            "name": "send_host_down",
            "title": "Host down",
            "description": "Warn that a host is down.",
            "inputSchema": {"type": "object"},
            "outputSchema": {"type": "object"},
        })
    }

    fn with(key: &str, value: Value) -> Result<Definition, String> {
        let mut form = form();
        form[key] = value;
        serde_json::from_value(form).map_err(|error| error.to_string())
    }

    #[test]
    fn missing_hints_are_the_protocol_s_defaults_and_unknown_fields_are_ignored() {
        let definition = with("icons", json!([])).unwrap();
        let hints = Annotations { read_only: false, destructive: true, idempotent: false, open_world: true };
        assert_eq!(definition.annotations, hints);
        let definition = with("annotations", json!({"destructiveHint": false, "newHint": true})).unwrap();
        assert_eq!(definition.annotations, Annotations { destructive: false, ..hints });
    }

    #[test]
    fn a_definition_that_no_set_could_have_is_refused() {
        let longest = "a".repeat(ToolSet::MAX_NAME);
        assert_eq!(with("name", json!(longest)).unwrap().name, longest);
        let refused = [
            ("name", json!("Send"), "`name` must begin with a lower case letter"),
            ("name", json!(""), "`name` must begin"),
            ("name", json!("send message"), "`name` must begin"),
            ("name", json!(longest + "a"), "`name` must begin"),
            ("title", json!(" "), "`title` must not be empty"),
            ("description", json!(""), "`description` must not be empty"),
            (
                "inputSchema",
                json!({"type": "array"}),
                "`inputSchema` must have the type \"object\", not \"array\"",
            ),
            ("outputSchema", json!({}), "`outputSchema` must have the type \"object\", not nothing"),
            ("inputSchema", json!(true), "invalid type: boolean"),
            ("title", Value::Null, "invalid type: null"),
        ];
        for (key, value, begin) in refused {
            let problem = with(key, value).unwrap_err();
            assert!(problem.starts_with(begin), "{problem}");
        }
    }
}
