//! Cards with buttons.

use super::{Mentions, Url, UserId};

/// A Markdown body with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionCard {
    /// Title in the conversation list.
    pub title: String,
    /// Body, in Markdown.
    pub text: String,
    /// Buttons below the body.
    pub buttons: Buttons,
    /// Shows the buttons side by side instead of one below the other.
    pub horizontal: bool,
    /// Hides the sender's avatar.
    pub hide_avatar: bool,
    /// People whom the body mentions: user ids only.
    pub(crate) mentions: Mentions,
}

impl ActionCard {
    /// Creates a card with these buttons, one below the other.
    pub fn new(title: impl Into<String>, text: impl Into<String>, buttons: Buttons) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            buttons,
            horizontal: false,
            hide_avatar: false,
            mentions: Mentions::default(),
        }
    }

    /// Mentions people by user id: adds each `@id` that the body does not contain yet.
    ///
    /// DingTalk's page (`robot-message-type`, open.dingtalk.com) says to write `@userId` into the text of an action
    /// card, and documents neither mobile numbers nor a mention of everyone there. It was not verified that a custom
    /// robot's card notifies the person.
    ///
    /// ```
    /// use dingtalk_core::{
    ///     Url, UserId,
    ///     message::{ActionCard, Button, Buttons},
    /// };
    ///
    /// let approve = Button::new("Approve", Url::new("https://example.com/approve")?);
    /// let card = ActionCard::new("Deploy?", "### Deploy?", Buttons::Single(approve));
    /// let card = card.with_user_ids([UserId::new("li_si")?]);
    /// assert_eq!(card.text, "### Deploy?\n\n@li_si");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_user_ids(mut self, user_ids: impl IntoIterator<Item = UserId>) -> Self {
        self.mentions.merge(Mentions::user_ids(user_ids));
        self.mentions.append_to_markdown(&mut self.text);
        self
    }

    /// Returns the user ids of the mentioned people.
    pub fn user_ids(&self) -> &[UserId] {
        &self.mentions.user_ids
    }

    /// Shows the buttons side by side.
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

/// Buttons of an action card. DingTalk's JSON has two forms; if it contains the first, DingTalk ignores the second.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Buttons {
    /// The whole card is one button (`singleTitle`, `singleURL`).
    Single(Button),
    /// Separate buttons (`btns`).
    Several(Vec<Button>),
}

impl Buttons {
    /// Returns the buttons of either form.
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
    /// Text on the button.
    pub title: String,
    /// Page that the button opens.
    pub url: String,
}

impl Button {
    /// Creates a button that opens a page.
    pub fn new(title: impl Into<String>, url: Url) -> Self {
        Self { title: title.into(), url: url.into() }
    }
}
