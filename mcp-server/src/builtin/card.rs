//! Cards that open one page, or one of several.

use dingtalk_core::{Markdown, Notification, Url, message::CardButton};

use super::{BODY_BYTES, TITLE_LENGTH};

/// Post a link card to the configured DingTalk (钉钉) group: headline, summary and optional picture; mentions nobody.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    link(title = "{title}", text = "{text}", url = "{url}", picture = "{picture_url}"),
    rename_all = "camelCase",
    tool(
        title = "Send a link to DingTalk",
        when = "there is one page to open",
        not_when = "a button or a choice is needed",
        instead = ActionCardMessage,
    )
)]
#[non_exhaustive]
pub struct LinkMessage {
    /// The headline, for example `Release 1.4 is out`.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// Summary of the page, in plain text; only the beginning of a long one is shown.
    #[dingtalk(length(1..=500))]
    pub text: String,
    /// The page: an absolute `https`, `http` or `dingtalk` URL.
    pub url: Url,
    /// Picture beside the text: an absolute `https` or `http` URL reachable by members.
    pub picture_url: Option<Url>,
}

/// Maximum number of buttons. DingTalk documents no limit for custom robots; its cards for enterprise robots have five.
const MAX_BUTTONS: usize = 5;

/// Post a Markdown card with buttons that open pages to the configured DingTalk (钉钉) group.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    action_card(title = "{title}", text = "{text}", buttons = buttons),
    tool(
        title = "Send a card with buttons to DingTalk",
        when = "readers must choose between actions or pages",
        not_when = "one page needs no button",
        instead = LinkMessage,
    )
)]
#[non_exhaustive]
pub struct ActionCardMessage {
    /// Preview in the conversation list, not in the message: begin `text` with a heading.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// The matter to decide, in Markdown without tables, code and HTML.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: Markdown,
    /// The buttons, in order. Pressing one opens its page in the reader's browser; nobody is told who pressed.
    #[dingtalk(max_items = MAX_BUTTONS)]
    pub buttons: Vec<CardButton>,
}
