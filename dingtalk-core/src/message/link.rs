//! Links to one page.

use super::Url;

/// A link to one page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Title of the link.
    pub title: String,
    /// Text below the title; DingTalk shows only the beginning of a long one.
    pub text: String,
    /// Page that the link opens.
    pub url: String,
    /// Picture: a URL, or the id of uploaded media (`@…`).
    pub picture: Option<String>,
}

impl Link {
    /// Creates a link without a picture.
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
