//! Lists of titled pictures.

use super::Url;

/// A list of titled pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedCard {
    /// Items, from top to bottom.
    pub items: Vec<FeedItem>,
}

impl FeedCard {
    /// Creates a list of these items.
    pub fn new(items: impl IntoIterator<Item = FeedItem>) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

/// One item of a feed card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedItem {
    /// Title of the item.
    pub title: String,
    /// Page that the item opens.
    pub url: String,
    /// Picture: a URL, or the id of uploaded media (`@…`).
    pub picture: String,
}

impl FeedItem {
    /// Creates a titled picture that opens a page.
    pub fn new(title: impl Into<String>, url: Url, picture: Url) -> Self {
        Self { title: title.into(), url: url.into(), picture: picture.into() }
    }
}
