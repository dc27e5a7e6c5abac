//! A notification as somebody declares it, and the rules for it.
//!
//! There are two front doors: the attributes of a Rust type, and a table of a configuration file. Both read what is
//! written into the types of this module, and both ask the same functions what is wrong with it. A [`Dialect`] says how an
//! error spells what to write instead; a [`Location`] says where it is, and a front door makes a caret or a path of it.

mod bounds;
mod compile;
mod dialect;
mod field;
mod finding;
mod format;
mod literal;
mod message;
mod templates;
mod tool;

use crate::Number;

pub use self::{
    bounds::{ENDLESS_RANGE, NO_NUMBER, NO_RANGE, OPEN_RANGE},
    dialect::Dialect,
    field::{check_field, check_mention_limit, check_unbounded},
    finding::{FieldLocation, Finding, Findings, Location, Told},
    format::{FormatKind, FormatSpec},
    literal::Literal,
    message::{LOOSE_BUTTON, check_message, choice_value_problem, second_message, second_role},
    templates::{Shown, Source, Templates},
    tool::{ToolWords, check_parameters, check_tool, first_paragraph, no_upper_limit},
};

/// A message and the fields that it shows.
#[derive(Debug, Clone)]
pub struct DeclaredMessage<'a> {
    /// What is shown.
    pub message: &'a MessageTemplates,
    /// The keyword that the robot asks for.
    pub keyword: Option<&'a str>,
    /// The fields in order.
    pub fields: Vec<&'a FieldRules>,
    /// The names of values that expressions compute.
    pub computed: Vec<&'a str>,
    /// The names that those expressions read.
    pub read: Vec<String>,
    /// Something could not be read: what seems to be missing may only be misspelt.
    pub incomplete: bool,
}

/// What is shown: a kind of message and its templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplates {
    /// Which message it is.
    pub kind: MessageKind,
    /// Its templates, in the order of [`MessageKind::parts`].
    pub parts: Vec<(MessagePart, String)>,
    /// The buttons of an action card.
    pub buttons: Vec<ButtonTemplates>,
    /// The field that holds more buttons.
    pub button_list: Option<String>,
    /// The field that holds a feed card's items.
    pub items: Option<String>,
}

impl MessageTemplates {
    /// One of its templates.
    pub fn part(&self, wanted: MessagePart) -> Option<&str> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| &**template)
    }

    /// Its templates and where they stand, in the order in which they are written.
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
    /// What it says.
    pub label: String,
    /// The page that it opens.
    pub url: String,
}

/// Which message it is, or which piece of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// Plain text.
    Text,
    /// Markdown with a title.
    Markdown,
    /// One page to open.
    Link,
    /// Markdown with buttons.
    ActionCard,
    /// A list of pictures.
    FeedCard,
    /// No message, but one item of a feed card.
    Item,
    /// No message, but a piece of others.
    Fragment,
}

/// A template of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePart {
    /// Its title.
    Title,
    /// Its body.
    Text,
    /// The page that it opens.
    Target,
    /// The picture that it shows.
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

    /// The kind that is written so.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// How it is written.
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

    /// Its templates, and why each is required; those without a reason are not.
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

    /// Is it a whole message, and no part of one?
    pub fn is_message(self) -> bool {
        !matches!(self, Self::Item | Self::Fragment)
    }

    /// Can the message mention anybody?
    pub fn can_mention(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

impl MessagePart {
    /// How it is written.
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Target => "url",
            Self::Picture => "picture",
        }
    }
}

/// A field: what it is, how it is shown, and the rules on its value.
#[derive(Debug, Clone)]
pub struct FieldRules {
    /// What templates call it.
    pub name: String,
    /// What callers of the tool call it.
    pub parameter: String,
    /// What it is, in words.
    pub documentation: String,
    /// The name of its type: of one value, where there are several. Empty where it has none.
    pub type_name: String,
    /// What one value is.
    pub value: ValueKind,
    /// How many values it has.
    pub cardinality: Cardinality,
    /// What it is for.
    pub role: Role,
    /// What is written for each value.
    pub line: Option<String>,
    /// It has a name of its own for callers.
    pub is_renamed: bool,
    /// It has a default; the value where that is a literal.
    pub default: Option<Option<Literal>>,
    /// It has an example; the value where that is a literal.
    pub example: Option<Option<Literal>>,
    /// Characters of a text.
    pub length: Option<Bounds>,
    /// Bytes of a text.
    pub bytes: Option<Bounds>,
    /// A number.
    pub range: Option<Bounds>,
    /// The fewest elements of a list.
    pub min_items: usize,
    /// The most elements of a list.
    pub max_items: Option<End>,
    /// It says that it has no limit.
    pub is_unbounded: bool,
    /// Something of it could not be read: what seems to be missing may only be misspelt.
    pub incomplete: bool,
}

impl FieldRules {
    /// The rules that are ranges.
    pub fn bounds(&self) -> impl Iterator<Item = (Rule, &Bounds)> {
        [(Rule::Length, &self.length), (Rule::Bytes, &self.bytes), (Rule::Range, &self.range)]
            .into_iter()
            .filter_map(|(rule, bounds)| Some((rule, bounds.as_ref()?)))
    }

    /// Is one value a text of any length?
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.value, ValueKind::Text | ValueKind::Markdown)
    }

    /// Does it mention people, or everybody?
    pub fn is_mention(&self) -> bool {
        matches!(self.role, Role::At | Role::AtAll)
    }
}

/// What one value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Text, escaped where it is shown.
    Text,
    /// Trusted Markdown.
    Markdown,
    /// Digits.
    Number,
    /// `true` or `false`.
    Flag,
    /// A type of ours that is written as a text: a URL, a mobile number, a user id.
    Own,
    /// A type that only its own door knows, such as one of a few values.
    Foreign,
}

/// How many values a field has.
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

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A value to show.
    Value,
    /// People to mention.
    At,
    /// Whether everybody is mentioned.
    AtAll,
    /// No parameter, and not shown.
    Skip,
}

/// An inclusive range that may be open on either side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// The least.
    pub min: Option<End>,
    /// The most.
    pub max: Option<End>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// As it is written.
    pub written: String,
    /// The number, where that is known.
    pub number: Option<Number>,
}

/// A rule whose value is a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Characters of a text.
    Length,
    /// Bytes of a text.
    Bytes,
    /// A number.
    Range,
}

impl Rule {
    /// How it is written.
    pub fn key(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Bytes => "bytes",
            Self::Range => "range",
        }
    }
}
