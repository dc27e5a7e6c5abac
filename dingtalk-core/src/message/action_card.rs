//! A card with buttons.

use super::Url;

/// A Markdown body with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionCard {
    /// What the conversation list shows.
    pub title: String,
    /// The body, in Markdown.
    pub text: String,
    /// The buttons.
    pub buttons: Buttons,
    /// Buttons beside each other instead of below each other.
    pub horizontal: bool,
    /// Hides the sender's avatar.
    pub hide_avatar: bool,
}

impl ActionCard {
    /// A card with these buttons, one below the other.
    pub fn new(title: impl Into<String>, text: impl Into<String>, buttons: Buttons) -> Self {
        Self { title: title.into(), text: text.into(), buttons, horizontal: false, hide_avatar: false }
    }

    /// Puts the buttons beside each other.
    #[must_use]
    pub fn with_horizontal_buttons(mut self) -> Self {
        self.horizontal = true;
        self
    }

    /// Hides the sender's avatar.
    #[must_use]
    pub fn without_avatar(mut self) -> Self {
        self.hide_avatar = true;
        self
    }
}

/// The buttons of an action card. The wire has two forms and ignores the second where the first is given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Buttons {
    /// The whole card is one button (`singleTitle`, `singleURL`).
    Single(Button),
    /// Several buttons (`btns`).
    Several(Vec<Button>),
}

impl Buttons {
    /// The buttons, whichever form the wire gives them.
    pub fn as_slice(&self) -> &[Button] {
        match self {
            Self::Single(button) => std::slice::from_ref(button),
            Self::Several(buttons) => buttons,
        }
    }
}

/// One button of an action card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Button {
    /// What the button says.
    pub title: String,
    /// The page that it opens.
    pub url: String,
}

impl Button {
    /// A button that opens a page.
    pub fn new(title: impl Into<String>, url: Url) -> Self {
        Self { title: title.into(), url: url.into() }
    }
}
