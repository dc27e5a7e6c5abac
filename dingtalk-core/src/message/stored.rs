//! The stored form of a message, for queues and files. It is a form of our own: the wire's form has no room for new
//! properties, and spells some names in two ways.
//!
//! A reader ignores unknown fields, checks what the constructors check, and leaves a type that it does not know to a
//! newer version.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use super::{
    ActionCard, Button, Buttons, FeedCard, FeedItem, Link, MarkdownText, Mentions, Message, Mobile, Text,
    Url, UserId,
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Stored {
    Text {
        content: String,
        #[serde(default, skip_serializing_if = "StoredMentions::is_empty")]
        mentions: StoredMentions,
    },
    Markdown {
        title: String,
        text: String,
        #[serde(default, skip_serializing_if = "StoredMentions::is_empty")]
        mentions: StoredMentions,
    },
    Link {
        title: String,
        text: String,
        url: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture: Option<String>,
    },
    ActionCard {
        title: String,
        text: String,
        /// The whole card is one button.
        #[serde(default, skip_serializing_if = "is_false")]
        single: bool,
        buttons: Vec<StoredButton>,
        #[serde(default, skip_serializing_if = "is_false")]
        horizontal: bool,
        #[serde(default, skip_serializing_if = "is_false")]
        hide_avatar: bool,
        #[serde(default, skip_serializing_if = "StoredMentions::is_empty")]
        mentions: StoredMentions,
    },
    FeedCard {
        items: Vec<StoredItem>,
    },
    /// A type of a newer version.
    #[serde(other, skip_serializing)]
    Newer,
}

#[derive(Default, Serialize, Deserialize)]
struct StoredMentions {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mobiles: Vec<Mobile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    user_ids: Vec<UserId>,
    #[serde(default, skip_serializing_if = "is_false")]
    all: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredButton {
    title: String,
    url: String,
}

#[derive(Serialize, Deserialize)]
struct StoredItem {
    title: String,
    url: String,
    picture: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl StoredMentions {
    fn is_empty(&self) -> bool {
        self.mobiles.is_empty() && self.user_ids.is_empty() && !self.all
    }
}

/// Checks a link target, and returns it as [`Url::new`] does.
fn url(field: &str, url: &str) -> Result<String, String> {
    Url::new(url).map(String::from).map_err(|error| format!("{field}: {error}"))
}

/// Checks a picture of a feed card: a URL, or the id of uploaded media.
fn picture(picture: String) -> Result<String, String> {
    if picture.starts_with('@') { Ok(picture) } else { url("items.picture", &picture) }
}

/// Fails for a message that could not be read back.
impl TryFrom<&Message> for Stored {
    type Error = String;

    fn try_from(message: &Message) -> Result<Self, String> {
        Ok(match message {
            Message::Text(Text { content, mentions }) => {
                Self::Text { content: content.clone(), mentions: mentions.into() }
            }
            Message::Markdown(MarkdownText { title, text, mentions }) => {
                Self::Markdown { title: title.clone(), text: text.clone(), mentions: mentions.into() }
            }
            Message::Link(link) => Self::Link {
                title: link.title.clone(),
                text: link.text.clone(),
                url: url("url", &link.url)?,
                picture: link.picture.clone(),
            },
            Message::ActionCard(card) => Self::ActionCard {
                title: card.title.clone(),
                text: card.text.clone(),
                single: matches!(card.buttons, Buttons::Single(_)),
                buttons: card
                    .buttons
                    .as_slice()
                    .iter()
                    .map(StoredButton::try_from)
                    .collect::<Result<_, _>>()?,
                horizontal: card.horizontal,
                hide_avatar: card.hide_avatar,
                mentions: (&card.mentions).into(),
            },
            Message::FeedCard(card) => Self::FeedCard {
                items: card.items.iter().map(StoredItem::try_from).collect::<Result<_, _>>()?,
            },
        })
    }
}

impl From<&Mentions> for StoredMentions {
    fn from(mentions: &Mentions) -> Self {
        Self { mobiles: mentions.mobiles.clone(), user_ids: mentions.user_ids.clone(), all: mentions.all }
    }
}

impl TryFrom<&Button> for StoredButton {
    type Error = String;

    fn try_from(button: &Button) -> Result<Self, String> {
        Ok(Self { title: button.title.clone(), url: url("buttons.url", &button.url)? })
    }
}

impl TryFrom<&FeedItem> for StoredItem {
    type Error = String;

    fn try_from(item: &FeedItem) -> Result<Self, String> {
        Ok(Self {
            title: item.title.clone(),
            url: url("items.url", &item.url)?,
            picture: picture(item.picture.clone())?,
        })
    }
}

impl TryFrom<Stored> for Message {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        Ok(match stored {
            Stored::Text { content, mentions } => Self::Text(Text { content, mentions: mentions.into() }),
            Stored::Markdown { title, text, mentions } => {
                Self::Markdown(MarkdownText { title, text, mentions: mentions.into() })
            }
            Stored::Link { title, text, url: target, picture } => {
                Self::Link(Link { title, text, url: url("url", &target)?, picture })
            }
            Stored::ActionCard { title, text, single, buttons, horizontal, hide_avatar, mentions } => {
                let buttons: Vec<Button> =
                    buttons.into_iter().map(Button::try_from).collect::<Result<_, _>>()?;
                let buttons = if single {
                    let [button] = <[Button; 1]>::try_from(buttons).map_err(|buttons| {
                        format!("buttons: expected a single one, found {}", buttons.len())
                    })?;
                    Buttons::Single(button)
                } else {
                    Buttons::Several(buttons)
                };
                let mentions = Mentions::user_ids(mentions.user_ids);
                Self::ActionCard(ActionCard { title, text, buttons, horizontal, hide_avatar, mentions })
            }
            Stored::FeedCard { items } => Self::FeedCard(FeedCard {
                items: items.into_iter().map(FeedItem::try_from).collect::<Result<_, _>>()?,
            }),
            Stored::Newer => return Err(newer("the type of the message")),
        })
    }
}

/// An error for content that only a newer version can read.
pub(crate) fn newer(subject: &str) -> String {
    format!(
        "{subject} is unknown to this version of dingtalk-core: a newer one has stored it and can read it"
    )
}

impl From<StoredMentions> for Mentions {
    fn from(StoredMentions { mobiles, user_ids, all }: StoredMentions) -> Self {
        Self { mobiles, user_ids, all }
    }
}

impl TryFrom<StoredButton> for Button {
    type Error = String;

    fn try_from(StoredButton { title, url: target }: StoredButton) -> Result<Self, String> {
        Ok(Self { title, url: url("buttons.url", &target)? })
    }
}

impl TryFrom<StoredItem> for FeedItem {
    type Error = String;

    fn try_from(item: StoredItem) -> Result<Self, String> {
        Ok(Self { title: item.title, url: url("items.url", &item.url)?, picture: picture(item.picture)? })
    }
}

/// The stored form, which is not the wire's: see [`WireMessage`](super::WireMessage) for that.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::try_from(self).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Reads the stored form, with the checks of the constructors.
impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}
