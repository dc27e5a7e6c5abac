//! Declarations of notifications, and their rules.
//!
//! A declaration is either a Rust type with attributes or a table of a configuration file. Both are parsed into the
//! types of this module, and checked by the same functions. A [`Dialect`] is the notation in which an error proposes a
//! fix. A [`Location`] is the position of an error; the derive converts it into a caret, the configuration into a path.

mod bounds;
mod compile;
mod delivery;
mod dialect;
mod field;
mod finding;
mod format;
mod literal;
mod message;
mod sentence;
mod shown;
mod templates;
mod tool;
mod value_format;
mod zone;

use crate::Number;

pub use self::{
    bounds::{ENDLESS_RANGE, NO_NUMBER, NO_RANGE, OPEN_RANGE},
    delivery::{DedupeRule, DeliveryRules, DeliveryTemplates, ThrottleRule, ThrottleTemplates, span},
    dialect::Dialect,
    field::{check_field, check_mention_limit, check_unbounded, other_measure},
    finding::{FieldLocation, Finding, Findings, Location, Told},
    format::{FormatKind, FormatSpec},
    literal::Literal,
    message::{LOOSE_BUTTON, check_message, choice_value_problem, second_message, second_role},
    sentence::MORE,
    shown::{Shown, Source},
    templates::Templates,
    tool::{ToolWords, check_parameters, check_tool, first_paragraph, no_upper_limit},
    value_format::ValueFormat,
    zone::{offset_seconds, zone_problem},
};

/// A message and the fields that it shows.
#[derive(Debug, Clone)]
pub struct DeclaredMessage<'a> {
    /// Templates of the message.
    pub message: &'a MessageTemplates,
    /// Keyword that the robot requires.
    pub keyword: Option<&'a str>,
    /// Delivery options.
    pub delivery: &'a DeliveryRules,
    /// Fields in the order of their declaration.
    pub fields: Vec<&'a FieldRules>,
    /// Names of the values that expressions compute.
    pub computed: Vec<&'a str>,
    /// Names that those expressions read.
    pub read: Vec<String>,
    /// True if part of the declaration could not be parsed. A part that seems to be missing may then only be misspelt.
    pub incomplete: bool,
}

/// A kind of message with its templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplates {
    /// Kind of the message.
    pub kind: MessageKind,
    /// Templates of the parts, in the order of [`MessageKind::parts`].
    pub parts: Vec<(MessagePart, String)>,
    /// Buttons of an action card.
    pub buttons: Vec<ButtonTemplates>,
    /// Name of the field with more buttons.
    pub button_list: Option<String>,
    /// Name of the field with the items of a feed card.
    pub items: Option<String>,
}

impl MessageTemplates {
    /// Returns the template of a part, if the message has it.
    pub fn part(&self, wanted: MessagePart) -> Option<&str> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| &**template)
    }

    /// Returns all templates with their locations, in the order of their declaration.
    pub fn templates(&self) -> impl Iterator<Item = (Location, &str)> {
        let parts = self.parts.iter().map(|(part, template)| (Location::Part(*part), &**template));
        let buttons = self.buttons.iter().enumerate().flat_map(|(index, button)| {
            [(Location::ButtonLabel(index), &*button.label), (Location::ButtonUrl(index), &*button.url)]
        });
        parts.chain(buttons)
    }
}

/// A button of an action card: two templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonTemplates {
    /// Template of the label.
    pub label: String,
    /// Template of the page's address.
    pub url: String,
}

/// Kind of a message, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// Plain text.
    Text,
    /// Markdown with a title.
    Markdown,
    /// A title, a text and one page to open.
    Link,
    /// Markdown with buttons.
    ActionCard,
    /// A list of items with pictures.
    FeedCard,
    /// One item of a feed card; not a message by itself.
    Item,
    /// A text in other messages; not a message by itself.
    Fragment,
}

/// A part of a message that has a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePart {
    /// The title.
    Title,
    /// The body.
    Text,
    /// The address of the page that it opens.
    Target,
    /// The address of the picture that it shows.
    Picture,
}

const SHOWN: &str = "it is what the conversation list shows";
const PAGE: &str = "it is the page to open";

impl MessageKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Markdown,
        Self::Link,
        Self::ActionCard,
        Self::FeedCard,
        Self::Item,
        Self::Fragment,
    ];

    /// Returns the kind with this key.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Returns the key in attributes and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Link => "link",
            Self::ActionCard => "action_card",
            Self::FeedCard => "feed_card",
            Self::Item => "item",
            Self::Fragment => "fragment",
        }
    }

    /// Returns the parts of the kind, each with the reason why it is required; `None` for an optional part.
    pub fn parts(self) -> &'static [(MessagePart, Option<&'static str>)] {
        match self {
            Self::Text | Self::Fragment => &[(MessagePart::Text, Some(""))],
            Self::Markdown => &[(MessagePart::Title, Some(SHOWN)), (MessagePart::Text, None)],
            Self::Link => &[
                (MessagePart::Title, Some("it is the headline")),
                (MessagePart::Text, Some("it stands below the title")),
                (MessagePart::Target, Some(PAGE)),
                (MessagePart::Picture, None),
            ],
            Self::ActionCard => {
                &[(MessagePart::Title, Some(SHOWN)), (MessagePart::Text, Some("it is the body"))]
            }
            Self::FeedCard => &[],
            Self::Item => &[
                (MessagePart::Title, Some("it is the headline")),
                (MessagePart::Target, Some(PAGE)),
                (MessagePart::Picture, Some("DingTalk requires one for each item")),
            ],
        }
    }

    /// Reports whether this is a whole message, and not a part of one.
    pub fn is_message(self) -> bool {
        !matches!(self, Self::Item | Self::Fragment)
    }

    /// Reports whether a message of this kind can mention people.
    pub fn can_mention(self) -> bool {
        matches!(self, Self::Text | Self::Markdown | Self::ActionCard)
    }
}

impl MessagePart {
    /// Returns the key in attributes and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Target => "url",
            Self::Picture => "picture",
        }
    }
}

/// A field: its type, its role, and the constraints on its value.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is written by itself")]
pub struct FieldRules {
    /// Name in templates.
    pub name: String,
    /// Name of the tool's parameter.
    pub parameter: String,
    /// Description of the field.
    pub documentation: String,
    /// The documentation is written by a macro, so that only the compiler knows it.
    pub documentation_is_computed: bool,
    /// Name of the type of one value; empty if the type has no name.
    pub type_name: String,
    /// Kind of one value.
    pub value: ValueKind,
    /// Number of values.
    pub cardinality: Cardinality,
    /// Role in the message.
    pub role: Role,
    /// Template of the line that is written for each value.
    pub line: Option<String>,
    /// True if the name of the parameter was set.
    pub is_renamed: bool,
    /// Default of the field, if any: `Some(None)` if it is not a literal.
    pub default: Option<Option<Literal>>,
    /// Example of the field, if any: `Some(None)` if it is not a literal.
    pub example: Option<Option<Literal>>,
    /// Limits on the number of characters of a text.
    pub length: Option<Bounds>,
    /// Limits on the number of bytes of a text.
    pub bytes: Option<Bounds>,
    /// Limits of a number.
    pub range: Option<Bounds>,
    /// Minimum number of elements of a list.
    pub min_items: usize,
    /// Maximum number of elements of a list.
    pub max_items: Option<End>,
    /// Maximum number of values that are shown.
    pub max_shown: Option<End>,
    /// Line that counts the values which are not shown.
    pub more: Option<String>,
    /// Maximum number of characters of a text that are shown.
    pub truncate: Option<End>,
    /// Text between the values of a list within other text.
    pub join: Option<String>,
    /// Text of a flag that is set, within other text.
    pub then: Option<String>,
    /// Text that is shown if there is no value: key `else`.
    pub or_else: Option<String>,
    /// True if a text keeps its line breaks, blank lines and indentation.
    pub is_multiline: bool,
    /// Form in which a value is shown: a name, or a pattern.
    pub format: Option<String>,
    /// Time zone in which a point in time is shown.
    pub zone: Option<String>,
    /// True if the field declares that it has no limit.
    pub is_unbounded: bool,
    /// True if part of the field could not be parsed. A part that seems to be missing may then only be misspelt.
    pub incomplete: bool,
}

impl FieldRules {
    /// Returns the constraints that are ranges.
    pub fn bounds(&self) -> impl Iterator<Item = (Rule, &Bounds)> {
        [(Rule::Length, &self.length), (Rule::Bytes, &self.bytes), (Rule::Range, &self.range)]
            .into_iter()
            .filter_map(|(rule, bounds)| Some((rule, bounds.as_ref()?)))
    }

    /// Reports whether one value is a text of any length.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.value, ValueKind::Text | ValueKind::Markdown)
    }

    /// Reports whether the field mentions people, or everyone.
    pub fn is_mention(&self) -> bool {
        matches!(self.role, Role::At | Role::AtAll)
    }
}

/// Kind of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Text, escaped where it is shown.
    Text,
    /// Trusted Markdown.
    Markdown,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A type of this project that is written as a text: a URL, a mobile number, a user id.
    Own,
    /// A point in time.
    Time,
    /// A length of time.
    Duration,
    /// A type that the rules do not know, such as a choice.
    Foreign,
}

/// Number of values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// Any number.
    List,
    /// On or off.
    Flag,
}

/// Role of a field in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A value to show.
    Value,
    /// People to mention.
    At,
    /// A flag that mentions everyone.
    AtAll,
    /// Neither a parameter nor shown.
    Skip,
}

/// An inclusive range that may be open on either side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// Minimum, included.
    pub min: Option<End>,
    /// Maximum, included.
    pub max: Option<End>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// The end as written.
    pub written: String,
    /// Its value, if it is a literal.
    pub number: Option<Number>,
}

/// A constraint that is a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Number of characters of a text.
    Length,
    /// Number of bytes of a text.
    Bytes,
    /// Value of a number.
    Range,
}

impl Rule {
    /// Returns the key in attributes and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Bytes => "bytes",
            Self::Range => "range",
        }
    }
}
