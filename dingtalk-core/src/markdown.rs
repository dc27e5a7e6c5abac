//! Trusted Markdown.

use dingtalk_template::{Show, Sink, escape_markdown};

/// Trusted Markdown. A template shows it as it is, and escapes every other value.
///
/// DingTalk renders headings, quotes, bold, italic, links, pictures and lists. Pass text from outside through
/// [`Markdown::from_text`].
///
/// ```
/// use dingtalk_core::Markdown;
///
/// assert_eq!(Markdown::from_text("2 * 3 *not bold*").as_str(), "2 * 3 \\*not bold\\*");
/// ```
// `Display` is not implemented on purpose: types that implement it are escaped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Markdown(String);

impl Markdown {
    /// Takes Markdown as it is. Do not pass text from an author whom you do not trust with the structure of the
    /// message.
    pub fn trusted(markdown: impl Into<String>) -> Self {
        Self(markdown.into())
    }

    /// Escapes text so that it reads as it was written. Line breaks are kept, and so are blank lines, columns and
    /// indentation, by `&nbsp;`. White space at both ends is removed.
    pub fn from_text(text: impl AsRef<str>) -> Self {
        Self(escape_markdown(text.as_ref()))
    }

    /// Returns the Markdown.
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
