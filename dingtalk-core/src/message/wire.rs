//! The JSON form of messages, with the spelling of DingTalk's pages (`custom-robots-send-group-messages` and
//! `robot-message-type` on open.dingtalk.com).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    ActionCard, Button, Buttons, FeedCard, FeedItem, Link, MarkdownText, Mentions, Message, Mobile, Text,
    UserId,
};

/// Body of one request: a message and the id by which DingTalk recognises a retry.
///
/// Serializes to exactly the documented JSON and reads it back. Unknown fields are errors.
///
/// ```
/// use dingtalk_core::{Message, message::WireMessage};
///
/// let json = serde_json::to_value(WireMessage::new(Message::text("hello")))?;
/// assert_eq!(json, serde_json::json!({"msgtype": "text", "text": {"content": "hello"}}));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireMessage {
    /// Message of the request.
    pub message: Message,
    /// Id at the top level (`msgUuid`). A retry with the same id does not post the message twice.
    pub id: Option<String>,
}

impl WireMessage {
    /// Creates a body without an id.
    pub fn new(message: Message) -> Self {
        Self { message, id: None }
    }

    /// Creates a body with an id.
    pub fn with_id(message: Message, id: impl Into<String>) -> Self {
        Self { message, id: Some(id.into()) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    msgtype: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<TextBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    markdown: Option<MarkdownBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<LinkBody>,
    #[serde(default, rename = "actionCard", skip_serializing_if = "Option::is_none")]
    action_card: Option<ActionCardBody>,
    #[serde(default, rename = "feedCard", skip_serializing_if = "Option::is_none")]
    feed_card: Option<FeedCardBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<At>,
    #[serde(default, rename = "msgUuid", skip_serializing_if = "Option::is_none")]
    msg_uuid: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Text,
    Markdown,
    Link,
    ActionCard,
    FeedCard,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextBody {
    content: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkdownBody {
    title: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    title: String,
    text: String,
    #[serde(rename = "messageUrl")]
    message_url: String,
    #[serde(default, rename = "picUrl", skip_serializing_if = "Option::is_none")]
    pic_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionCardBody {
    title: String,
    text: String,
    #[serde(default, rename = "singleTitle", skip_serializing_if = "Option::is_none")]
    single_title: Option<String>,
    #[serde(default, rename = "singleURL", skip_serializing_if = "Option::is_none")]
    single_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    btns: Option<Vec<ButtonBody>>,
    #[serde(default, rename = "btnOrientation", skip_serializing_if = "Option::is_none")]
    btn_orientation: Option<Switch>,
    #[serde(default, rename = "hideAvatar", skip_serializing_if = "Option::is_none")]
    hide_avatar: Option<Switch>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ButtonBody {
    title: String,
    #[serde(rename = "actionURL")]
    action_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedCardBody {
    links: Vec<FeedItemBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedItemBody {
    title: String,
    #[serde(rename = "messageURL")]
    message_url: String,
    #[serde(rename = "picURL")]
    pic_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    #[serde(default, rename = "atMobiles", skip_serializing_if = "Vec::is_empty")]
    mobiles: Vec<Mobile>,
    #[serde(default, rename = "atUserIds", skip_serializing_if = "Vec::is_empty")]
    user_ids: Vec<UserId>,
    #[serde(default, rename = "isAtAll", skip_serializing_if = "std::ops::Not::not")]
    all: bool,
}

/// A flag whose JSON form is the string `"0"` or `"1"`.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Switch {
    #[serde(rename = "0")]
    Off,
    #[serde(rename = "1")]
    On,
}

impl Switch {
    /// Returns the form of a flag. DingTalk's default is off, which is left out.
    fn when(on: bool) -> Option<Self> {
        on.then_some(Self::On)
    }

    fn is_on(switch: Option<Self>) -> bool {
        matches!(switch, Some(Self::On))
    }
}

impl Serialize for WireMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Body::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WireMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Body::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl From<&WireMessage> for Body {
    fn from(wire: &WireMessage) -> Self {
        let mut body = Self {
            msgtype: Kind::Text,
            text: None,
            markdown: None,
            link: None,
            action_card: None,
            feed_card: None,
            at: match &wire.message {
                // Only the text of a card mentions people: DingTalk documents no `at` for it.
                Message::ActionCard(_) => None,
                message => message.mentions().and_then(At::from_mentions),
            },
            msg_uuid: wire.id.clone(),
        };
        match &wire.message {
            Message::Text(text) => body.text = Some(TextBody { content: text.content.clone() }),
            Message::Markdown(markdown) => {
                body.msgtype = Kind::Markdown;
                body.markdown =
                    Some(MarkdownBody { title: markdown.title.clone(), text: markdown.text.clone() });
            }
            Message::Link(link) => {
                body.msgtype = Kind::Link;
                body.link = Some(LinkBody {
                    title: link.title.clone(),
                    text: link.text.clone(),
                    message_url: link.url.clone(),
                    pic_url: link.picture.clone(),
                });
            }
            Message::ActionCard(card) => {
                body.msgtype = Kind::ActionCard;
                body.action_card = Some(card.into());
            }
            Message::FeedCard(card) => {
                body.msgtype = Kind::FeedCard;
                body.feed_card = Some(card.into());
            }
        }
        body
    }
}

impl From<&ActionCard> for ActionCardBody {
    fn from(card: &ActionCard) -> Self {
        let (single, several) = match &card.buttons {
            Buttons::Single(button) => (Some(button), None),
            Buttons::Several(buttons) => (None, Some(buttons)),
        };
        Self {
            title: card.title.clone(),
            text: card.text.clone(),
            single_title: single.map(|button| button.title.clone()),
            single_url: single.map(|button| button.url.clone()),
            btns: several.map(|buttons| {
                buttons
                    .iter()
                    .map(|button| ButtonBody { title: button.title.clone(), action_url: button.url.clone() })
                    .collect()
            }),
            btn_orientation: Switch::when(card.horizontal),
            hide_avatar: Switch::when(card.hide_avatar),
        }
    }
}

impl From<&FeedCard> for FeedCardBody {
    fn from(card: &FeedCard) -> Self {
        Self {
            links: card
                .items
                .iter()
                .map(|item| FeedItemBody {
                    title: item.title.clone(),
                    message_url: item.url.clone(),
                    pic_url: item.picture.clone(),
                })
                .collect(),
        }
    }
}

impl At {
    fn from_mentions(mentions: &Mentions) -> Option<Self> {
        (!mentions.is_empty()).then(|| Self {
            mobiles: mentions.mobiles.clone(),
            user_ids: mentions.user_ids.clone(),
            all: mentions.all,
        })
    }
}

impl From<At> for Mentions {
    fn from(at: At) -> Self {
        Self { mobiles: at.mobiles, user_ids: at.user_ids, all: at.all }
    }
}

impl TryFrom<Body> for WireMessage {
    type Error = String;

    fn try_from(body: Body) -> Result<Self, String> {
        let mentions = body.at.map(Mentions::from).unwrap_or_default();
        let given = [
            (Kind::Text, body.text.is_some()),
            (Kind::Markdown, body.markdown.is_some()),
            (Kind::Link, body.link.is_some()),
            (Kind::ActionCard, body.action_card.is_some()),
            (Kind::FeedCard, body.feed_card.is_some()),
        ];
        if given.iter().any(|(kind, given)| *given && *kind != body.msgtype) {
            return Err("the body contains an object that `msgtype` does not name".to_owned());
        }
        let missing = || "the object named by `msgtype` is missing".to_owned();
        let message = match body.msgtype {
            Kind::Text => {
                let text = body.text.ok_or_else(missing)?;
                Message::Text(Text { content: text.content, mentions })
            }
            Kind::Markdown => {
                let markdown = body.markdown.ok_or_else(missing)?;
                Message::Markdown(MarkdownText { title: markdown.title, text: markdown.text, mentions })
            }
            Kind::Link => {
                let link = body.link.ok_or_else(missing)?;
                Message::Link(Link {
                    title: link.title,
                    text: link.text,
                    url: link.message_url,
                    picture: link.pic_url,
                })
            }
            Kind::ActionCard => Message::ActionCard(body.action_card.ok_or_else(missing)?.try_into()?),
            Kind::FeedCard => Message::FeedCard(body.feed_card.ok_or_else(missing)?.into()),
        };
        Ok(Self { message, id: body.msg_uuid })
    }
}

impl TryFrom<ActionCardBody> for ActionCard {
    type Error = String;

    fn try_from(card: ActionCardBody) -> Result<Self, String> {
        let buttons = match (card.single_title, card.single_url, card.btns) {
            // DingTalk ignores `btns` if the single form is complete.
            (Some(title), Some(url), _) => Buttons::Single(Button { title, url }),
            (None, None, Some(buttons)) if !buttons.is_empty() => Buttons::Several(
                buttons
                    .into_iter()
                    .map(|button| Button { title: button.title, url: button.action_url })
                    .collect(),
            ),
            _ => return Err("an action card needs `singleTitle` with `singleURL`, or `btns`".to_owned()),
        };
        Ok(Self {
            title: card.title,
            text: card.text,
            buttons,
            horizontal: Switch::is_on(card.btn_orientation),
            hide_avatar: Switch::is_on(card.hide_avatar),
            // The text contains them, but nothing says which of its words they are.
            mentions: Mentions::default(),
        })
    }
}

impl From<FeedCardBody> for FeedCard {
    fn from(card: FeedCardBody) -> Self {
        Self {
            items: card
                .links
                .into_iter()
                .map(|link| FeedItem { title: link.title, url: link.message_url, picture: link.pic_url })
                .collect(),
        }
    }
}
