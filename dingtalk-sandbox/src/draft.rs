//! A message that is being written: a declaration or a template, with values.

use serde_json::{Map, Value};

/// A draft that a program turns into the body of a message, for [`Builder::compose`](crate::Builder::compose).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Draft {
    /// A notification as a configuration file declares it.
    Declaration {
        /// The table, `[notifications.NAME]`.
        toml: String,
        /// Its name, if the text declares several.
        name: Option<String>,
        /// Values of its fields; those of its examples if empty.
        values: Map<String, Value>,
    },
    /// A template of a Markdown message, without a declaration: its fields are the values.
    Template {
        /// Template of the title.
        title: Option<String>,
        /// Template of the text.
        text: String,
        /// The values.
        values: Map<String, Value>,
    },
}

impl Draft {
    /// Creates a draft of a declaration.
    pub fn declaration(toml: impl Into<String>, name: Option<&str>, values: Map<String, Value>) -> Self {
        Self::Declaration { toml: toml.into(), name: name.map(str::to_owned), values }
    }

    /// Creates a draft of a template.
    pub fn template(title: Option<&str>, text: impl Into<String>, values: Map<String, Value>) -> Self {
        Self::Template { title: title.map(str::to_owned), text: text.into(), values }
    }
}

/// A function that turns a draft into the body of a message, or returns its faults.
pub(crate) type Compose = dyn Fn(&Draft) -> Result<String, Vec<String>> + Send + Sync;
