//! A notification as a file declares it.

use dingtalk_template::declaration::{
    Cardinality, FieldRules, MessageTemplates, Role, ToolWords, first_paragraph,
};

use super::field_type::FieldType;

/// A notification as a file declares it.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Declaration {
    /// What it is called, for example `cpu_alert`: its tool's name and title are made of it.
    pub name: String,
    /// The tool's name, where it is not `send_` and the name.
    pub tool_name: Option<String>,
    /// The tool's name for people, where it is not made of the name.
    pub title: Option<String>,
    /// What it is for.
    pub purpose: String,
    /// When to use it: the rest of a sentence that begins with "when".
    pub when: Option<String>,
    /// When not to use it, likewise.
    pub not_when: Option<String>,
    /// The name of the tool to use instead.
    pub instead: Option<String>,
    /// Whether clients should treat a call as irreversible.
    pub destructive: bool,
    /// The keyword that the robot asks for.
    pub keyword: Option<String>,
    /// What is shown.
    pub message: Option<MessageTemplates>,
    /// The buttons of an action card stand beside each other.
    pub horizontal: bool,
    /// The robot's picture is left out of an action card.
    pub hide_avatar: bool,
    /// The fields in order.
    pub fields: Vec<DeclaredField>,
    /// Something could not be read, and has been reported: what seems to be missing may only be misspelt.
    pub incomplete: bool,
}

/// A field of a declared notification.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeclaredField {
    /// What the rules know of it.
    pub rules: FieldRules,
    /// What one value is.
    pub field_type: FieldType,
}

impl DeclaredField {
    /// A field with one value and no rules.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        let name = name.into();
        let cardinality = match field_type {
            FieldType::Flag => Cardinality::Flag,
            _ => Cardinality::One,
        };
        let rules = FieldRules {
            parameter: name.clone(),
            name,
            documentation: String::new(),
            type_name: field_type.name().to_owned(),
            value: field_type.kind(),
            cardinality,
            role: Role::Value,
            line: None,
            is_renamed: false,
            default: None,
            example: None,
            length: None,
            bytes: None,
            range: None,
            max_items: None,
            is_unbounded: false,
            incomplete: false,
        };
        Self { rules, field_type }
    }
}

impl Declaration {
    /// A notification of which nothing is said yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            tool_name: None,
            title: None,
            purpose: String::new(),
            when: None,
            not_when: None,
            instead: None,
            destructive: true,
            keyword: None,
            message: None,
            horizontal: false,
            hide_avatar: false,
            fields: Vec::new(),
            incomplete: false,
        }
    }

    /// The name of its tool.
    pub fn tool_name(&self) -> String {
        self.words().name()
    }

    pub(super) fn words(&self) -> ToolWords {
        ToolWords {
            declared_as: self.name.clone(),
            name: self.tool_name.clone(),
            title: self.title.clone(),
            purpose: first_paragraph(&self.purpose),
            when: self.when.clone(),
            not_when: self.not_when.clone(),
            incomplete: self.incomplete,
            ..ToolWords::default()
        }
    }
}
