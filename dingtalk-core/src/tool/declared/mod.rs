//! Notifications that are declared at run time, as in a configuration file. The rules, the templates and the definition
//! are those of a derived type.
//!
//! ```
//! use dingtalk_core::tool::{ToolSet, declared::{Bounds, Declaration, DeclaredField, End, FieldType, MessageKind, MessagePart, MessageTemplates}};
//!
//! let mut declaration = Declaration::new("host_down");
//! declaration.purpose = "Warn the people on call that a host does not answer any more.".to_owned();
//! declaration.message = Some(MessageTemplates {
//!     kind: MessageKind::Text,
//!     parts: vec![(MessagePart::Text, "{host} is down".to_owned())],
//!     buttons: Vec::new(),
//!     button_list: None,
//!     items: None,
//! });
//! let mut host = DeclaredField::new("host", FieldType::Text);
//! host.rules.documentation = "Host name as in the inventory, for example `web-3`.".to_owned();
//! let most = End { written: "64".to_owned(), number: Some(64.into()) };
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

mod declaration;
mod field_type;
mod read;
mod rules;
mod show;
mod tool;
mod value;

pub use dingtalk_template::declaration::{
    Bounds, ButtonTemplates, DedupeRule, DeliveryRules, End, FieldLocation, Finding, Literal, Location,
    MessageKind, MessagePart, MessageTemplates, Rule, ThrottleRule,
};

pub(super) use self::tool::DeclaredTool;
pub use self::{
    declaration::{Declaration, DeclaredField},
    field_type::{ChoiceText, FieldType},
};
