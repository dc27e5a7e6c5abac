//! Plain text and Markdown, with mentions.

use super::Mentions;

/// Plain text with mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// Text of the message.
    pub content: String,
    /// People whom the message mentions.
    pub mentions: Mentions,
}

impl Text {
    /// Creates a text without mentions.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into(), mentions: Mentions::default() }
    }
}

/// Markdown with mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkdownText {
    /// Title in the conversation list; DingTalk does not show it in the message.
    pub title: String,
    /// Body, in Markdown.
    pub text: String,
    /// People whom the message mentions.
    pub mentions: Mentions,
}

impl MarkdownText {
    /// Creates a Markdown text without mentions.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), mentions: Mentions::default() }
    }
}
