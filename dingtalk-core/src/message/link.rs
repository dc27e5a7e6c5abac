//! One page to open.

use super::Url;

/// One page to open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// The title.
    pub title: String,
    /// The text below it; DingTalk shows only the beginning of a long one.
    pub text: String,
    /// The page.
    pub url: String,
    /// A picture: a URL, or the id of uploaded media (`@…`).
    pub picture: Option<String>,
}

impl Link {
    /// A link without a picture.
    pub fn new(title: impl Into<String>, text: impl Into<String>, url: Url) -> Self {
        Self { title: title.into(), text: text.into(), url: url.into(), picture: None }
    }

    /// Adds a picture: a URL, or the id of uploaded media (`@…`).
    #[must_use]
    pub fn with_picture(mut self, picture: impl Into<String>) -> Self {
        self.picture = Some(picture.into());
        self
    }
}
