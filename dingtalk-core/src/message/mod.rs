//! The five messages that a custom robot accepts, what they are made of, and what is wrong with values that cannot be
//! sent.
//!
//! ```
//! use dingtalk_core::{
//!     Message, Mobile,
//!     message::{Mentions, WireMessage},
//! };
//!
//! let on_call = Mentions::mobiles([Mobile::new("13800000000")?]);
//! let message = Message::text("Disk is full").with_mentions(on_call);
//! let body = serde_json::to_value(WireMessage::new(message))?;
//! assert_eq!(body["text"]["content"], "Disk is full\n@13800000000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action_card;
mod feed_card;
mod link;
mod mentions;
mod mobile;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "serde")]
mod stored;
mod text;
mod url;
#[cfg(feature = "serde")]
mod wire;

pub use dingtalk_template::{Show, Sink};

pub use crate::{
    card_button::CardButton,
    choice::{ChoiceValue, ParseChoiceError},
    fault::{Fault, Faults, Invalid},
};

pub use self::{
    action_card::{ActionCard, Button, Buttons},
    feed_card::{FeedCard, FeedItem},
    link::Link,
    mentions::{AT_ALL_TEXT, MAX_MENTIONS, Mentions},
    mobile::{Mobile, ParseMobileError, UserId},
    text::{MarkdownText, Text},
    url::{ParseUrlError, Url},
};

#[cfg(feature = "robot")]
pub(crate) use self::stored::newer;
#[cfg(feature = "serde")]
pub use self::wire::WireMessage;

/// A message as a custom robot accepts it: one of five types.
///
/// [`WireMessage`] pairs it with its `msgUuid` and is what goes over the wire. Field names follow Rust;
/// the wire's own spelling (`messageUrl` in a link, `messageURL` in a feed card) is kept inside this module.
///
/// ```
/// use dingtalk_core::Message;
///
/// let message = Message::markdown("Release 1.4", "### Release 1.4\n\n- [Notes](https://example.com/notes)");
/// assert_eq!(message.kind(), "markdown");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// Plain text.
    Text(Text),
    /// Markdown, in the subset that DingTalk renders.
    Markdown(MarkdownText),
    /// One page to open, with an optional picture.
    Link(Link),
    /// A Markdown body with one or more buttons.
    ActionCard(ActionCard),
    /// A list of titled pictures, each opening a page.
    FeedCard(FeedCard),
}

impl Message {
    /// A text message without mentions.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text(Text::new(content))
    }

    /// A Markdown message without mentions. The title is what the conversation list shows; it is not drawn in the message.
    pub fn markdown(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Markdown(MarkdownText::new(title, text))
    }

    /// A link without a picture.
    pub fn link(title: impl Into<String>, text: impl Into<String>, url: Url) -> Self {
        Self::Link(Link::new(title, text, url))
    }

    /// An action card with the given buttons, one below the other.
    pub fn action_card(title: impl Into<String>, text: impl Into<String>, buttons: Buttons) -> Self {
        Self::ActionCard(ActionCard::new(title, text, buttons))
    }

    /// A feed card with the given items.
    pub fn feed_card(items: impl IntoIterator<Item = FeedItem>) -> Self {
        Self::FeedCard(FeedCard::new(items))
    }

    /// Adds mentions, and their `@…` to the body where it does not hold them yet: without that text DingTalk
    /// notifies nobody. Only text and Markdown messages can mention; any other message is left as it is.
    #[must_use]
    pub fn with_mentions(mut self, new: Mentions) -> Self {
        match &mut self {
            Self::Text(text) => {
                text.mentions.merge(new);
                text.mentions.append_to_text(&mut text.content);
            }
            Self::Markdown(markdown) => {
                markdown.mentions.merge(new);
                markdown.mentions.append_to_markdown(&mut markdown.text);
            }
            Self::Link(_) | Self::ActionCard(_) | Self::FeedCard(_) => {}
        }
        self
    }

    /// Who is mentioned: `None` for the types that cannot mention anybody.
    pub fn mentions(&self) -> Option<&Mentions> {
        match self {
            Self::Text(text) => Some(&text.mentions),
            Self::Markdown(markdown) => Some(&markdown.mentions),
            Self::Link(_) | Self::ActionCard(_) | Self::FeedCard(_) => None,
        }
    }

    /// The wire's name of the type: `text`, `markdown`, `link`, `actionCard` or `feedCard`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Markdown(_) => "markdown",
            Self::Link(_) => "link",
            Self::ActionCard(_) => "actionCard",
            Self::FeedCard(_) => "feedCard",
        }
    }
}
