//! A list of titled pictures.

use super::Url;

/// A list of titled pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedCard {
    /// The items, first on top.
    pub items: Vec<FeedItem>,
}

impl FeedCard {
    /// A list of these items.
    pub fn new(items: impl IntoIterator<Item = FeedItem>) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

/// One item of a feed card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedItem {
    /// The title.
    pub title: String,
    /// The page that it opens.
    pub url: String,
    /// Its picture: a URL, or the id of uploaded media (`@…`).
    pub picture: String,
}

impl FeedItem {
    /// A titled picture that opens a page.
    pub fn new(title: impl Into<String>, url: Url, picture: Url) -> Self {
        Self { title: title.into(), url: url.into(), picture: picture.into() }
    }
}
