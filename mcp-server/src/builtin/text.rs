//! Text: plain, or with Markdown.

use dingtalk_core::{Markdown, Mobile, Notification, UserId};

use super::{BODY_BYTES, TITLE_LENGTH};

/// Send plain text verbatim to a DingTalk (钉钉) group.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    text("{text}"),
    rename_all = "camelCase",
    tool(
        title = "Send text to DingTalk",
        when = "formatting adds nothing, or the text is forwarded or untrusted",
        instead = MarkdownMessage,
    )
)]
#[non_exhaustive]
pub struct TextMessage {
    /// The text; line breaks are kept. For example `Backup of db-2 finished`.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: String,
    /// Mobile numbers of members to mention, for example `13800000000`, `+852-12345678` abroad. Never guess one.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// User ids (`staffId`) of members to mention. Never guess one.
    #[dingtalk(at)]
    pub at_user_ids: Vec<UserId>,
    /// Mention everybody. Only if a person asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}

/// Send formatted Markdown to a DingTalk (钉钉) group.
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
    /// Title, shown only in the conversation list: begin `text` with a heading. For example `Release 1.4`.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// The body. DingTalk renders headings, quotes, bold, italic, links, pictures and flat lists, but no tables, code
    /// or HTML. A blank line starts a paragraph.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: Markdown,
    /// Mobile numbers of members to mention, for example `13800000000`, `+852-12345678` abroad. Never guess one.
    #[dingtalk(at)]
    pub at_mobiles: Vec<Mobile>,
    /// User ids (`staffId`) of members to mention. Never guess one.
    #[dingtalk(at)]
    pub at_user_ids: Vec<UserId>,
    /// Mention everybody. Only if a person asked for it.
    #[dingtalk(at_all)]
    pub at_all: bool,
}
