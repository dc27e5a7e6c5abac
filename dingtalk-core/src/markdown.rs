//! Markdown that a program vouches for.

use dingtalk_template::{Show, Sink, escape_markdown};

/// Trusted Markdown: it stands in a template as it is, where any other value is escaped.
///
/// DingTalk renders headings, quotes, bold, italic, links, pictures and lists. Text from outside goes through
/// [`Markdown::from_text`].
///
/// ```
/// use dingtalk_core::Markdown;
///
/// assert_eq!(Markdown::from_text("2 * 3 *not bold*").as_str(), "2 * 3 \\*not bold\\*");
/// ```
// `Display` is left out on purpose: a type that has it is escaped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Markdown(String);

impl Markdown {
    /// Takes Markdown as it is. Do not pass text whose author you do not trust with the message's structure.
    pub fn trusted(markdown: impl Into<String>) -> Self {
        Self(markdown.into())
    }

    /// Escapes text, so that it reads as it was written; line breaks stay line breaks.
    pub fn from_text(text: impl AsRef<str>) -> Self {
        Self(escape_markdown(text.as_ref()))
    }

    /// The Markdown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Show for Markdown {
    fn show(&self, sink: &mut Sink<'_>) {
        sink.markdown(&self.0);
    }

    fn is_blocks(&self) -> bool {
        true
    }
}

impl From<Markdown> for String {
    fn from(markdown: Markdown) -> Self {
        markdown.0
    }
}

impl AsRef<str> for Markdown {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
