//! The types of declared fields.

use dingtalk_template::declaration::ValueKind;

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

    pub(super) fn kind(&self) -> ValueKind {
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
