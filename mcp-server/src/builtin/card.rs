//! Cards that open one page, or one of several.

use dingtalk_core::{Markdown, Notification, Url, message::CardButton};

use super::{BODY_BYTES, TITLE_LENGTH};

/// Send a link card to a DingTalk (钉钉) group: headline, summary and optional picture of one page.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    link(title = "{title}", text = "{text}", url = "{url}", picture = "{picture_url}"),
    rename_all = "camelCase",
    tool(
        title = "Send a link to DingTalk",
        when = "there is one page to open",
        not_when = "readers must choose",
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
    /// The page: a whole `https`, `http` or `dingtalk` address.
    pub url: Url,
    /// Picture beside the text, as an address that group members can reach.
    pub picture_url: Option<Url>,
}

/// Maximum number of buttons. DingTalk documents no limit for custom robots; its cards for enterprise robots have five.
const MAX_BUTTONS: usize = 5;

/// Send a Markdown card with buttons to a DingTalk (钉钉) group; each button opens a page.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    action_card(title = "{title}", text = "{text}", buttons = buttons),
    tool(
        title = "Send a card with buttons to DingTalk",
        when = "readers must choose between actions or pages",
        not_when = "there is nothing to choose",
        instead = LinkMessage,
    )
)]
#[non_exhaustive]
pub struct ActionCardMessage {
    /// Title, shown only in the conversation list: begin `text` with a heading. For example `Deploy 1.4?`.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// The matter to decide, in Markdown without tables, code and HTML.
    #[dingtalk(length(1..), bytes(..=BODY_BYTES))]
    pub text: Markdown,
    /// The choices, in order. A press opens the page in the reader's browser and is not reported back.
    #[dingtalk(max_items = MAX_BUTTONS)]
    pub buttons: Vec<CardButton>,
}
