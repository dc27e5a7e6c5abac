//! Handling of messages that are too long for DingTalk.

mod cut;
mod json;
mod markdown;
mod plain;
mod split;
#[cfg(test)]
mod tests;
mod truncate;

use self::cut::Body;
pub(crate) use self::{
    json::{body_len, escaped_len},
    markdown::OPTIONS as MARKDOWN,
    truncate::beginning,
};
use super::{Error, ErrorKind, MAX_BODY_BYTES};
use crate::{
    Message,
    message::{ActionCard, Keyword, Mentions, WireMessage},
};

/// Handling of a message whose body exceeds the limit of [`MAX_BODY_BYTES`](crate::delivery::MAX_BODY_BYTES).
///
/// The size is that of the request's body: JSON with its escapes, the mentions and the `msgUuid`.
///
/// | message | [`Truncate`](Overflow::Truncate) | [`Split`](Overflow::Split) |
/// |---|---|---|
/// | text | cut | numbered text messages |
/// | Markdown | cut | numbered Markdown messages |
/// | action card | its text is cut | Markdown messages, then a card with the end of the text and the buttons |
/// | feed card | its last items are omitted | feed cards |
/// | link | its text is cut | refused: DingTalk shows only the beginning of a link's text |
///
/// Refused with either choice: a message that is too long without its text (title, buttons, addresses, mentions); a
/// text with a construct that cannot be cut and does not fit into a part (a picture, an address, HTML other than
/// coloured text, a row of a table, emphasis without words or with marks that have no partner), or, with `Truncate`,
/// that begins with one; one item of a feed card that is too long by itself.
///
/// # Cuts in a text
///
/// A text is cut between paragraphs, or else between lines, items or rows, or else after a sentence, or else between
/// words, or else between grapheme clusters. A part is never less than half full if a later cut is possible. White
/// space at a cut is removed. Markdown is cut as a `CommonMark` parser reads it: a quote, a list item, a heading, a
/// code block and a table continue in the next part, and an ordered list continues its numbering. Emphasis, links and
/// inline code stay whole, unless a part would be nearly empty: then they end at the cut and begin again after it.
/// Reference definitions (`[a]: https://…`) stay in the part that contains them; DingTalk documents links only in the
/// form `[text](address)`.
///
/// # Numbers and mentions
///
/// The title of Markdown and of a card ends with ` (2/3)`, which the conversation list shows. Every body, and the title
/// of a feed card's first item, begins with `(2/3)`: the title does not appear in the message, and parts can arrive in
/// another order, so a reader sees at once that this is not the beginning.
///
/// Every part has the [keyword](crate::delivery::RobotBuilder::keyword) of its robot, and so has a truncated message.
///
/// Only the first part mentions people, with their `@…` at its end: each person is notified once, by the part that
/// states the subject, even if a later part fails. A last line that only mentions people moves to the first part too.
///
/// ```
/// use dingtalk_core::{
///     Message,
///     delivery::{Limits, Overflow},
/// };
///
/// let mut limits = Limits::default();
/// limits.bytes = 100;
/// let parts = Overflow::Split.fit(Message::text("Disk is full.\nPlease clean up."), "01JD", limits)?;
/// assert_eq!(parts.len(), 1);
/// assert_eq!(parts[0].id, "01JD");
///
/// limits.bytes = 85;
/// let parts = Overflow::Split.fit(Message::text("Disk is full.\nPlease clean up."), "01JD", limits)?;
/// assert_eq!(parts[0].message, Message::text("(1/2)\nDisk is full."));
/// assert_eq!(parts[1].message, Message::text("(2/2)\nPlease clean up."));
/// assert_eq!(parts[1].id, "01JD-2");
///
/// let error = Overflow::Reject.fit(Message::text("Disk is full.\nPlease clean up."), "01JD", limits).unwrap_err();
/// assert!(error.to_string().contains("88 bytes of JSON, the limit is 85"), "{error}");
/// # Ok::<(), dingtalk_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Refuses the message, with an error that gives its length.
    #[default]
    Reject,
    /// Cuts the text, and appends the number of omitted characters: `… (+4210 characters)`.
    Truncate,
    /// Splits the message into numbered parts.
    Split,
}

/// Limits on the length and the number of a message's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum size of a body, in bytes of JSON. By default [`MAX_BODY_BYTES`](crate::delivery::MAX_BODY_BYTES).
    pub bytes: usize,
    /// Maximum number of parts of one message. By default 18, which a robot may send in one minute: more parts would
    /// delay all other messages.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_BODY_BYTES, parts: 18 }
    }
}

/// A whole message, or one numbered part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Id of the message; the n-th of several parts has `{id}-{n}`, counted from one.
    pub id: String,
    /// Message to send.
    pub message: Message,
}

impl Part {
    fn with_body(self) -> Result<(Self, Vec<u8>), Error> {
        let wire = WireMessage::with_id(self.message, self.id);
        let body = json::body(&wire)?;
        let WireMessage { message, id } = wire;
        Ok((Self { message, id: id.unwrap_or_default() }, body))
    }
}

impl Overflow {
    /// Returns the messages to send under this id, in order. A message within the limit is returned unchanged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`], with the measured length and the construct that prevents a cut. Nothing may be sent
    /// then.
    pub fn fit(self, message: Message, id: &str, limits: Limits) -> Result<Vec<Part>, Error> {
        let written = self.write(message, id, limits, None)?;
        Ok(written.into_iter().map(|(part, _)| part).collect())
    }

    /// Returns the parts with their bodies, so that the measured bytes are the sent bytes. The keyword is in every
    /// part.
    pub(crate) fn write(
        self,
        message: Message,
        id: &str,
        limits: Limits,
        keyword: Option<&Keyword>,
    ) -> Result<Vec<(Part, Vec<u8>)>, Error> {
        // Parts are cut from the message without it.
        let (mut whole, original) = match keyword {
            Some(_) => (message.clone(), Some(message)),
            None => (message, None),
        };
        if let Some(keyword) = keyword {
            keyword.append_to(&mut whole);
        }
        let whole = Part { id: id.to_owned(), message: whole }.with_body()?;
        let task = Task { id, limits, keyword, len: whole.1.len() };
        if task.len <= limits.bytes {
            return Ok(vec![whole]);
        }
        let message = original.unwrap_or(whole.0.message);
        let parts = match self {
            Self::Reject => return Err(task.too_long("")),
            Self::Truncate => {
                let message = truncate::truncate(message, task)?;
                vec![Part { id: id.to_owned(), message }]
            }
            Self::Split => split::split(message, task)?,
        };
        let fits = |mut part: Part| {
            if let Some(keyword) = keyword {
                keyword.append_to(&mut part.message);
            }
            let part = part.with_body()?;
            match part.1.len() {
                part_len if part_len > limits.bytes => {
                    Err(task.too_long(&format!("; a part would have {part_len}")))
                }
                _ => Ok(part),
            }
        };
        parts.into_iter().map(fits).collect()
    }
}

/// A message that exceeds the limit.
#[derive(Clone, Copy)]
struct Task<'a> {
    id: &'a str,
    limits: Limits,
    /// Keyword that each part needs room for.
    keyword: Option<&'a Keyword>,
    /// Length of the whole message, in bytes of JSON.
    len: usize,
}

impl Task<'_> {
    /// Creates the error of a message that is too long. `why` begins with punctuation.
    fn too_long(&self, why: &str) -> Error {
        let Self { limits, len, .. } = self;
        Error::new(ErrorKind::TooLong, format!("{len} bytes of JSON, the limit is {}{why}", limits.bytes))
    }

    /// Returns the length of the body, with the keyword if the message lacks it.
    fn body_len(&self, mut message: Message, id: &str) -> Result<usize, Error> {
        if let Some(keyword) = self.keyword {
            keyword.append_to(&mut message);
        }
        body_len(&message, id)
    }
}

/// A message with a text that can be cut, without that text.
enum Frame {
    Text,
    Markdown { title: String },
    Card(ActionCard),
}

impl Frame {
    /// Separates a message into its frame, its text and its mentions.
    fn of(message: Message) -> Option<(Self, String, Mentions)> {
        match message {
            Message::Text(text) => Some((Self::Text, text.content, text.mentions)),
            Message::Markdown(markdown) => {
                Some((Self::Markdown { title: markdown.title }, markdown.text, markdown.mentions))
            }
            Message::ActionCard(mut card) => {
                let text = std::mem::take(&mut card.text);
                let mentions = std::mem::take(&mut card.mentions);
                Some((Self::Card(card), text, mentions))
            }
            Message::Link(_) | Message::FeedCard(_) => None,
        }
    }

    fn body<'a>(&self, source: &'a str) -> Body<'a> {
        if matches!(self, Self::Text) { plain::body(source) } else { markdown::body(source) }
    }

    /// Returns the separator between two paragraphs.
    fn blank(&self) -> &'static str {
        if matches!(self, Self::Text) { "\n" } else { "\n\n" }
    }

    /// Returns the message with this text; `number` is appended to its title.
    fn message(&self, number: &str, text: String, mentions: Mentions) -> Message {
        match self {
            Self::Text => Message::text(text).with_mentions(mentions),
            Self::Markdown { title } => {
                Message::markdown(format!("{title}{number}"), text).with_mentions(mentions)
            }
            Self::Card(card) => {
                let title = format!("{}{number}", card.title);
                Message::ActionCard(ActionCard { title, text, ..card.clone() }).with_mentions(mentions)
            }
        }
    }

    /// Returns the bytes that are left for a text inside its JSON string, after the keyword and the `@…` of all
    /// mentions.
    fn room(
        &self,
        number: &str,
        id: &str,
        mentions: &Mentions,
        task: Task<'_>,
    ) -> Result<Option<usize>, Error> {
        let message = self.message(number, "\u{20}".to_owned(), mentions.clone());
        // The space represents the text, so that the separator before the mentions is counted.
        let taken = body_len(&message, id)? - escaped_len(" ");
        let keyword = task.keyword.filter(|keyword| !self.title().contains(keyword.as_str()));
        let keyword = keyword.map_or(0, |keyword| escaped_len(&keyword.longest_addition()));
        Ok(task.limits.bytes.checked_sub(taken + keyword))
    }

    /// Returns the title, which every part repeats.
    fn title(&self) -> &str {
        match self {
            Self::Text => "",
            Self::Markdown { title } => title,
            Self::Card(card) => &card.title,
        }
    }
}
