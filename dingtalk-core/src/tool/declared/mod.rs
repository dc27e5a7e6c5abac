//! Notifications that are declared while the program runs, as in a configuration file: the same rules, the same templates and
//! the same definition as those of a derived type.
//!
//! ```
//! use dingtalk_core::{
//!     ToolSet,
//!     declared::{Bounds, Declaration, DeclaredField, End, FieldType, Kind, MessagePart, MessageTemplates},
//! };
//!
//! let mut declaration = Declaration::new("host_down");
//! declaration.purpose = "Warn the people on call that a host does not answer any more.".to_owned();
//! declaration.message = Some(MessageTemplates {
//!     kind: Kind::Text,
//!     parts: vec![(MessagePart::Text, "{host} is down".to_owned())],
//!     buttons: Vec::new(),
//!     button_list: None,
//!     items: None,
//! });
//! let mut host = DeclaredField::new("host", FieldType::Text);
//! host.rules.documentation = "Host name as in the inventory, for example `web-3`.".to_owned();
//! let most = End { written: "64".to_owned(), number: Some(64.0) };
//! host.rules.length = Some(Bounds { min: None, max: Some(most) });
//! declaration.fields.push(host);
//!
//! let tool = declaration.tool().expect("nothing is wrong with it");
//! assert_eq!(tool.spec().name, "send_host_down");
//! let arguments = serde_json::json!({"host": "web-3"});
//! let message = tool.message(arguments.as_object().expect("it is one"))?;
//! assert_eq!(message, dingtalk_core::Message::text("web-3 is down"));
//! assert_eq!(ToolSet::new([tool])?.iter().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
mod rules;
mod show;
mod value;

use dingtalk_template::declaration::{self, Arity, Role, Templates, ToolWords, ValueKind, first_paragraph};
use serde_json::{Map, Value};

use self::{show::Shown, value::FieldValue};
use super::{Parameter, Parameters, PersonKind, Shape, ToolSpec, ToolType, reader};
use crate::{Constraint, Faults, Message, constraint::Field};

pub use dingtalk_template::declaration::{
    Bounds, ButtonTemplates, End, FieldPlace, Finding, Kind, Literal, MessagePart, MessageTemplates, Place,
    Rule,
};

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
    pub rules: declaration::FieldRules,
    /// What one value is.
    pub field_type: FieldType,
}

/// What one value of a field is.
// The names of our types stay theirs: rustc writes a path before a name that two things have, also in errors that users read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// Text, escaped where it is shown.
    Text,
    /// Trusted Markdown.
    Markdown,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A link that DingTalk opens: a [`Url`](crate::Url).
    Link,
    /// A person by number: a [`Mobile`](crate::Mobile).
    MobileNumber,
    /// A person by id: a [`UserId`](crate::UserId).
    Member,
    /// One of a few texts.
    Choice(Vec<ChoiceText>),
}

/// One value of a [`FieldType::Choice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceText {
    /// What an agent writes.
    pub value: String,
    /// What a reader sees.
    pub text: String,
    /// What it means.
    pub description: String,
}

impl FieldType {
    /// How a file writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Flag => "flag",
            Self::Link => "url",
            Self::MobileNumber => "mobile",
            Self::Member => "user_id",
            Self::Choice(_) => "choice",
        }
    }

    fn kind(&self) -> ValueKind {
        match self {
            Self::Text => ValueKind::Text,
            Self::Markdown => ValueKind::Markdown,
            Self::Integer | Self::Number => ValueKind::Number,
            Self::Flag => ValueKind::Flag,
            Self::Link | Self::MobileNumber | Self::Member => ValueKind::Own,
            Self::Choice(_) => ValueKind::Foreign,
        }
    }
}

impl DeclaredField {
    /// A field with one value and no rules.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        let name = name.into();
        let shape = match field_type {
            FieldType::Flag => Arity::Flag,
            _ => Arity::One,
        };
        let rules = declaration::FieldRules {
            parameter: name.clone(),
            name,
            documentation: String::new(),
            type_name: field_type.name().to_owned(),
            value: field_type.kind(),
            shape,
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
        self.declared_tool().name()
    }

    fn declared_tool(&self) -> ToolWords {
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

    /// Checks it by the rules of a derived type and makes it a tool.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place.
    pub fn tool(self) -> Result<ToolType, Vec<Finding>> {
        let tool = self.declared_tool();
        let name = tool.name();
        let instead_of_itself = self.instead.as_ref() == Some(&name);
        let tool = ToolWords { instead_of_itself, ..tool };
        let templates = rules::check(&self, &tool)?;
        let shown = templates.values.iter().map(Shown::of).collect();
        let parameters = self.fields.into_iter().map(DeclaredParameter::of).collect();
        Ok(ToolType::declared(Declared {
            name,
            title: self.title.unwrap_or_else(|| capitalised(&tool.title())),
            purpose: tool.purpose,
            when: self.when,
            not_when: self.not_when,
            instead: self.instead,
            destructive: self.destructive,
            card_style: (self.horizontal, self.hide_avatar),
            parameters,
            templates,
            shown,
        }))
    }
}

/// `cpu alert` gives `Cpu alert`, as the name of a type does.
fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().chars()).collect()
}

/// A declaration that is a tool.
#[derive(Debug)]
pub(super) struct Declared {
    name: String,
    title: String,
    purpose: String,
    when: Option<String>,
    not_when: Option<String>,
    instead: Option<String>,
    destructive: bool,
    card_style: (bool, bool),
    parameters: Vec<DeclaredParameter>,
    templates: Templates,
    /// What the slots show, by index.
    shown: Vec<Shown>,
}

/// A field of a declaration that is a tool.
#[derive(Debug)]
pub(super) struct DeclaredParameter {
    name: String,
    constraints: Vec<Constraint>,
    description: String,
    shape: Shape,
    role: Role,
    field_type: FieldType,
    default: Option<String>,
    example: Option<String>,
}

impl DeclaredParameter {
    fn of(field: DeclaredField) -> Self {
        let DeclaredField { rules, field_type } = field;
        let json = |literal: &Option<Option<Literal>>| literal.iter().flatten().map(Literal::json).next();
        Self {
            constraints: rules::constraints(&rules),
            description: rules.documentation.split_whitespace().collect::<Vec<_>>().join(" "),
            shape: match (rules.shape, &rules.default) {
                (Arity::One, Some(_)) => Shape::Defaulted,
                (Arity::One, None) => Shape::One,
                (Arity::Optional, _) => Shape::Optional,
                (Arity::List, _) => Shape::List,
                (Arity::Flag, _) => Shape::Flag,
            },
            role: rules.role,
            default: json(&rules.default),
            example: json(&rules.example),
            name: rules.parameter,
            field_type,
        }
    }

    /// The same as the parameter of a type.
    pub(super) fn parameter(&self) -> Parameter<'_> {
        let field = Field::new(&self.name, &self.constraints);
        let parameter = Parameter::new(field, &self.description, self.shape)
            .values(self.default.as_deref(), self.example.as_deref());
        match (self.role, &self.field_type) {
            (Role::At, FieldType::Member) => parameter.mentions(PersonKind::Id),
            (Role::At, _) => parameter.mentions(PersonKind::Number),
            _ => parameter,
        }
    }
}

impl Declared {
    pub(super) fn spec(&self) -> ToolSpec<'_> {
        let spec = ToolSpec::new(&self.name, &self.title, &self.purpose, &[], |reader| {
            read::visit(reader);
        });
        let spec = spec
            .usage(self.when.as_deref(), self.not_when.as_deref(), self.instead.as_deref())
            .destructive(self.destructive);
        ToolSpec { parameters: self.parameters(), ..spec }
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::declared(&self.parameters)
    }

    pub(super) fn message(&self, arguments: &Map<String, Value>) -> Result<Message, Faults> {
        let values: Vec<FieldValue> = reader::read_parameters(self.parameters(), arguments, read::visit)?;
        self.compose(&values).map_err(|invalid| invalid.faults().clone())
    }
}
