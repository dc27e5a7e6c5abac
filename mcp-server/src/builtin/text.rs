//! Text: plain, or with Markdown.

use dingtalk_core::{Markdown, Mobile, Notification, UserId};

use super::{BODY_BYTES, TITLE_LENGTH};

/// Post plain text verbatim to the configured DingTalk (钉钉) group.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    text("{text}"),
    rename_all = "camelCase",
    tool(
        title = "Send text to DingTalk",
        when = "formatting adds nothing, or text is forwarded or untrusted",
        instead = MarkdownMessage,
    )
)]
#[non_exhaustive]
pub struct TextMessage {
    /// The text; line breaks are kept. For example `Backup of db-2 finished`.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: String,
    /// Mobile numbers of members to mention: `13800000000` in mainland China, else `+852-12345678`. Never guess one.
    /// No @ in `text`: it is added.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// User ids of members to mention. Never guess one.
    #[dingtalk(at)]
    pub at_user_ids: Vec<UserId>,
    /// Mention everybody: `true` only if the user asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}

/// Post Markdown to the configured DingTalk (钉钉) group.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    markdown(title = "{title}", text = "{text}"),
    rename_all = "camelCase",
    tool(
        title = "Send Markdown to DingTalk",
        when = "headings, lists or links help",
        not_when = "text is forwarded or untrusted",
        instead = TextMessage,
    )
)]
#[non_exhaustive]
pub struct MarkdownMessage {
    /// Preview in the conversation list, not in the message: begin `text` with a heading. For example `Release 1.4`.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// The body, for example `### Release 1.4\n\n- [Notes](https://example.com)`. Headings, quotes, bold, italic, links,
    /// pictures and flat lists; no tables, code or HTML. A blank line starts a paragraph.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: Markdown,
    /// Mobile numbers of members to mention: `13800000000` in mainland China, else `+852-12345678`. Never guess one.
    /// No @ in `text`: it is added.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// User ids of members to mention. Never guess one.
    #[dingtalk(at)]
    pub at_user_ids: Vec<UserId>,
    /// Mention everybody: `true` only if the user asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}
