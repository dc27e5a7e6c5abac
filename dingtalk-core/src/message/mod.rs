//! The five message types that a custom robot accepts, their parts, and the errors of values that cannot be sent.
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
#[cfg(feature = "robot")]
mod display;
mod feed_card;
mod keyword;
mod link;
mod mention_line;
mod mention_scan;
mod mentions;
mod mobile;
#[cfg(feature = "robot")]
mod readable;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "serde")]
mod stored;
mod text;
mod url;
#[cfg(feature = "serde")]
mod wire;

pub use dingtalk_template::{Show, Sink};

#[cfg(feature = "jiff")]
pub use crate::form::{TimeText, UnknownTimeZone, is_time_zone, set_time_zone, time};
pub use crate::{
    card_button::CardButton,
    choice::{ChoiceValue, ParseChoiceError},
    fault::{Fault, Faults, Invalid},
    form::{BytesText, DurationText, ThousandsText, bytes, duration, thousands},
};

pub use self::{
    action_card::{ActionCard, Button, Buttons},
    feed_card::{FeedCard, FeedItem},
    keyword::Keyword,
    link::Link,
    mentions::{AT_ALL_TEXT, MAX_MENTIONS, Mentions},
    mobile::{Mobile, ParseMobileError, UserId},
    text::{MarkdownText, Text},
    url::{ParseUrlError, Url},
};

#[cfg(feature = "robot")]
pub use self::display::Preview;
pub(crate) use self::mention_scan::{joins_after, joins_before};
#[cfg(feature = "serde")]
pub use self::wire::WireMessage;
#[cfg(feature = "robot")]
pub(crate) use self::{keyword::append_note, mention_line::without_mention_line, stored::newer};

/// A message of one of the five types that a custom robot accepts.
///
/// [`WireMessage`] is the JSON form, with an optional `msgUuid`. Field names follow Rust; DingTalk's own spelling
/// (`messageUrl` in a link, `messageURL` in a feed card) appears in this module only.
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
    /// A link to one page, with an optional picture.
    Link(Link),
    /// A Markdown body with one or more buttons.
    ActionCard(ActionCard),
    /// A list of titled pictures, each with a link.
    FeedCard(FeedCard),
}

impl Message {
    /// Creates a text message without mentions.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text(Text::new(content))
    }

    /// Creates a Markdown message without mentions. The title appears in the conversation list only, not in the
    /// message.
    pub fn markdown(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Markdown(MarkdownText::new(title, text))
    }

    /// Creates a link without a picture.
    pub fn link(title: impl Into<String>, text: impl Into<String>, url: Url) -> Self {
        Self::Link(Link::new(title, text, url))
    }

    /// Creates an action card with these buttons, one below the other.
    pub fn action_card(title: impl Into<String>, text: impl Into<String>, buttons: Buttons) -> Self {
        Self::ActionCard(ActionCard::new(title, text, buttons))
    }

    /// Creates a feed card with these items.
    pub fn feed_card(items: impl IntoIterator<Item = FeedItem>) -> Self {
        Self::FeedCard(FeedCard::new(items))
    }

    /// Adds mentions, and each `@…` that the body does not contain yet: without that text DingTalk notifies no one.
    /// An action card mentions [user ids](ActionCard::with_user_ids) only; links and feed cards mention no one and stay
    /// unchanged.
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
            Self::ActionCard(card) => {
                card.mentions.merge(Mentions::user_ids(new.user_ids));
                card.mentions.append_to_markdown(&mut card.text);
            }
            Self::Link(_) | Self::FeedCard(_) => {}
        }
        self
    }

    /// Returns the mentions; `None` for types that cannot mention anyone.
    pub fn mentions(&self) -> Option<&Mentions> {
        match self {
            Self::Text(text) => Some(&text.mentions),
            Self::Markdown(markdown) => Some(&markdown.mentions),
            Self::ActionCard(card) => Some(&card.mentions),
            Self::Link(_) | Self::FeedCard(_) => None,
        }
    }

    /// Returns the type's name in JSON: `text`, `markdown`, `link`, `actionCard` or `feedCard`.
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
