//! Cards of titled pictures.

use dingtalk_core::{FeedItem, Notification, Url};

use super::{MarkdownMessage, TITLE_LENGTH};

/// Maximum number of items. DingTalk documents no limit; more items fill several screens.
const MAX_STORIES: usize = 8;

/// Post a feed card to the configured DingTalk (钉钉) group: titled pictures, each opening a page; mentions nobody.
#[derive(Debug, Clone, Notification)]
#[dingtalk(
    feed_card(items = items),
    tool(
        title = "Send pictures with links to DingTalk",
        when = "each page has a picture",
        not_when = "a picture is missing and the user agrees to a list",
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
    /// The page: an absolute `https`, `http` or `dingtalk` URL.
    pub url: Url,
    /// Its picture: an absolute `https` or `http` URL reachable by members.
    pub picture_url: Url,
}
