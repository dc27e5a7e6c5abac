//! The ready-made tools: the two that mcp-dingding-bot has, with the same names and arguments.

use dingtalk_core::{Markdown, Mobile, Notification, ToolType, tools};

/// Post plain text to a DingTalk (钉钉) group, exactly as it is written.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    text("{text}"),
    rename_all = "camelCase",
    tool(
        title = "Send text to DingTalk",
        when = "the words need no formatting, or come from somebody else and must not be read as Markdown",
        not_when = "headings, lists, links or pictures help the reader",
        instead = MarkdownMessage,
    )
)]
#[non_exhaustive]
pub struct TextMessage {
    /// The text; line breaks stay. For example `Backup of db-2 finished`.
    #[dingtalk(length(1..), bytes(..=19_500))]
    pub text: String,
    /// Mobile numbers of the group members to mention, for example `13800000000`; `+852-12345678` abroad. Never guess one.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// Mention everybody in the group. Only if a person asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}

/// Post a formatted message to a DingTalk (钉钉) group, written in Markdown.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    markdown(title = "{title}", text = "{text}"),
    rename_all = "camelCase",
    tool(
        title = "Send Markdown to DingTalk",
        when = "headings, lists, links or pictures help the reader",
        not_when = "the words need no formatting or come from somebody else",
        instead = TextMessage,
    )
)]
#[non_exhaustive]
pub struct MarkdownMessage {
    /// What the conversation list shows; the message itself does not, so begin `text` with a heading. For example `Release 1.4`.
    #[dingtalk(length(1..=200))]
    pub title: String,
    /// The body. DingTalk renders headings, quotes, bold, italic, links, pictures and flat lists; not tables, code or HTML. A blank line starts a paragraph.
    #[dingtalk(length(1..), bytes(..=19_500))]
    pub text: Markdown,
    /// Mobile numbers of the group members to mention, for example `13800000000`; `+852-12345678` abroad. Never guess one.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// Mention everybody in the group. Only if a person asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}

/// The ready-made tools, in the order in which they are served.
pub fn builtin_tools() -> impl IntoIterator<Item = ToolType> {
    tools![TextMessage, MarkdownMessage]
}
