//! Declarations of notifications in a file.

use dingtalk_template::declaration::{
    Cardinality, DeliveryRules, FieldRules, MessageTemplates, Role, ToolWords, first_paragraph,
};

use super::field_type::FieldType;

/// A notification that a file declares.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Declaration {
    /// Name, for example `cpu_alert`. The tool's name and title are derived from it.
    pub name: String,
    /// Name of the tool, if it is not `send_` and the name.
    pub tool_name: Option<String>,
    /// Title of the tool, if it is not derived from the name.
    pub title: Option<String>,
    /// Purpose of the notification.
    pub purpose: String,
    /// Situations to use it in, as the rest of a sentence that begins with "when".
    pub when: Option<String>,
    /// Situations not to use it in, likewise.
    pub not_when: Option<String>,
    /// Name of the tool to use instead.
    pub instead: Option<String>,
    /// Hint that a call is irreversible.
    pub destructive: bool,
    /// Keyword that the robot requires.
    pub keyword: Option<String>,
    /// Delivery options.
    pub delivery: DeliveryRules,
    /// Templates of the message.
    pub message: Option<MessageTemplates>,
    /// Shows the buttons of an action card side by side.
    pub horizontal: bool,
    /// Hides the robot's avatar in an action card.
    pub hide_avatar: bool,
    /// Fields in order.
    pub fields: Vec<DeclaredField>,
    /// Set if a part could not be read and has been reported: a key that seems to be missing may only be misspelt.
    pub incomplete: bool,
}

/// A field of a declared notification.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeclaredField {
    /// Rules that apply to the field.
    pub rules: FieldRules,
    /// Type of one value.
    pub field_type: FieldType,
}

impl DeclaredField {
    /// Creates a field with one value and no rules.
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
            documentation_is_computed: false,
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
            min_items: 0,
            max_items: None,
            max_shown: None,
            more: None,
            truncate: None,
            join: None,
            then: None,
            or_else: None,
            is_multiline: false,
            format: None,
            zone: None,
            is_unbounded: false,
            incomplete: false,
        };
        Self { rules, field_type }
    }
}

impl Declaration {
    /// Creates a declaration with a name only.
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
            delivery: DeliveryRules::default(),
            message: None,
            horizontal: false,
            hide_avatar: false,
            fields: Vec::new(),
            incomplete: false,
        }
    }

    /// Returns the name of its tool.
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
