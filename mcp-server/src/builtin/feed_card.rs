//! Cards of titled pictures.

use dingtalk_core::{FeedItem, Notification, Url};

use super::{MarkdownMessage, TITLE_LENGTH};

/// Maximum number of items. DingTalk documents no limit; more items fill several screens.
const MAX_STORIES: usize = 8;

/// Send a feed card to a DingTalk (钉钉) group: titled pictures, each opening a page.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    feed_card(items = items),
    tool(
        title = "Send pictures with links to DingTalk",
        when = "each page has a picture",
        not_when = "a picture is missing",
        instead = MarkdownMessage,
    )
)]
#[non_exhaustive]
pub struct FeedCardMessage {
    /// The pages, most important first: the first has a large picture.
    #[dingtalk(max_items = MAX_STORIES)]
    pub items: Vec<Story>,
}

/// One page of a [`FeedCardMessage`].
#[derive(Debug, Clone, FeedItem)]
#[dingtalk(item(title = "{title}", url = "{url}", picture = "{picture_url}"), rename_all = "camelCase", tool)]
#[non_exhaustive]
pub struct Story {
    /// The headline.
    #[dingtalk(length(1..=TITLE_LENGTH))]
    pub title: String,
    /// The page to open.
    pub url: Url,
    /// Its picture, as an address that group members can reach.
    pub picture_url: Url,
}
