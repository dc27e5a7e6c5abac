//! Types of declared fields.

use dingtalk_template::declaration::ValueKind;

/// Type of one value of a field.
// Variants avoid the names of our types: rustc writes a path before an ambiguous name, also in errors that users read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// Text, escaped in the message.
    Text,
    /// Trusted Markdown.
    Markdown,
    /// A 64-bit integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A link that DingTalk opens: a [`Url`](crate::Url).
    Link,
    /// A person by mobile number: a [`Mobile`](crate::Mobile).
    MobileNumber,
    /// A person by user id: a [`UserId`](crate::UserId).
    Member,
    /// A point in time.
    #[cfg(feature = "jiff")]
    Time,
    /// A length of time.
    Duration,
    /// A number of bytes.
    Bytes,
    /// A text out of a fixed set of values.
    Choice(Vec<ChoiceText>),
}

/// One value of a [`FieldType::Choice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceText {
    /// Text in an agent's arguments.
    pub value: String,
    /// Text in the message.
    pub text: String,
    /// Description for agents.
    pub description: String,
}

impl FieldType {
    /// Returns the type's name in a file.
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
            #[cfg(feature = "jiff")]
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Bytes => "bytes",
            Self::Choice(_) => "choice",
        }
    }

    pub(super) fn kind(&self) -> ValueKind {
        match self {
            Self::Text => ValueKind::Text,
            Self::Markdown => ValueKind::Markdown,
            Self::Integer | Self::Number | Self::Bytes => ValueKind::Number,
            #[cfg(feature = "jiff")]
            Self::Time => ValueKind::Time,
            Self::Duration => ValueKind::Duration,
            Self::Flag => ValueKind::Flag,
            Self::Link | Self::MobileNumber | Self::Member => ValueKind::Own,
            Self::Choice(_) => ValueKind::Foreign,
        }
    }
}
