//! One page to open.

use dingtalk_core::{Notification, Url};

use super::{ActionCardMessage, TITLE_LENGTH};

/// Post a link card to a group: headline, summary and optional picture of one page.
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
    /// What the page is about, in plain text; only the beginning of a long one is shown.
    #[dingtalk(length(1..=500))]
    pub text: String,
    /// The page: a whole `https`, `http` or `dingtalk` address.
    pub url: Url,
    /// Picture beside the text, as an address that group members can reach.
    pub picture_url: Option<Url>,
}
