//! Text, plain and in Markdown, with mentions.

use super::Mentions;

/// Plain text and whom it mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// The text.
    pub content: String,
    /// Whom it mentions.
    pub mentions: Mentions,
}

impl Text {
    /// A text that mentions nobody.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into(), mentions: Mentions::default() }
    }
}

/// Markdown and whom it mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkdownText {
    /// What the conversation list shows; DingTalk does not draw it in the message.
    pub title: String,
    /// The body.
    pub text: String,
    /// Whom it mentions.
    pub mentions: Mentions,
}

impl MarkdownText {
    /// A text in Markdown that mentions nobody.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), mentions: Mentions::default() }
    }
}
