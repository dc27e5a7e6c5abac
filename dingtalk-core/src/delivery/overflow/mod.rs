//! What becomes of a message that is longer than DingTalk takes.

mod cut;
mod json;
mod markdown;
mod mention;
mod plain;
mod split;
mod truncate;

use self::cut::Body;
pub(crate) use self::{
    json::{body_len, escaped_len},
    markdown::OPTIONS as MARKDOWN,
    mention::without_mention_line,
    truncate::beginning,
};
use super::{Error, ErrorKind, MAX_BODY_BYTES};
use crate::{
    Message,
    message::{ActionCard, Mentions, WireMessage},
};

/// What becomes of a message whose body is over the limit of [`MAX_BODY_BYTES`](crate::delivery::MAX_BODY_BYTES).
///
/// The body is measured as it goes over the wire: JSON, with its escapes, the mentions and the `msgUuid`.
///
/// | message | [`Truncate`](Overflow::Truncate) | [`Split`](Overflow::Split) |
/// |---|---|---|
/// | text | cut | numbered text messages |
/// | Markdown | cut | numbered Markdown messages |
/// | action card | its text is cut | Markdown messages, then a card with the end of the text and the buttons |
/// | feed card | its last items are left out | feed cards |
/// | link | its text is cut | refused: DingTalk shows only the beginning of a link's text |
///
/// Refused, whatever is chosen: a message that is too long without its text (title, buttons, addresses, mentions); a
/// text with something in it that cannot be cut and does not fit into a part (a link, a picture, emphasis, code in a
/// line, HTML, a row of a table); one item of a feed card that is too long alone.
///
/// # Where a text is cut
///
/// Between paragraphs, else between lines, items or rows, else behind a sentence, else between words, else between
/// grapheme clusters; never so early that a part is less than half full while a later place exists. White space at a cut
/// goes. Markdown is cut as a `CommonMark` parser reads it: a quote, a list item, a heading, a code block and a table
/// that are cut go on in the next part as the same, and an ordered list goes on counting. Reference definitions
/// (`[a]: https://…`) stay in the part that holds them; DingTalk documents links only in the form `[text](address)`.
///
/// # Numbers and mentions
///
/// The title of Markdown and of a card ends with ` (2/3)`, which the list of conversations shows. Every body, and the
/// title of a feed card's first item, begins with `(2/3)`, since the title is not drawn in the message, and since parts
/// can arrive in another order: a reader sees at once that this is not the beginning.
///
/// Mentions go with the first part, their `@…` at its end, and with no other: each person is notified once, by the part
/// that says what it is about, even if a later one fails. A last line that only mentions people moves there, too.
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
    /// It is refused, with an error that says how long it is.
    #[default]
    Reject,
    /// Its text is cut, and ends with how many characters were left out: `… (+4210 characters)`.
    Truncate,
    /// It is sent in numbered parts.
    Split,
}

/// How long and how many the parts of a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body, in bytes of JSON. By default [`MAX_BODY_BYTES`](crate::delivery::MAX_BODY_BYTES).
    pub bytes: usize,
    /// The most parts that one message is split into. By default 18, what a robot may send in one minute: more of them
    /// would keep it from sending anything else.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_BODY_BYTES, parts: 18 }
    }
}

/// What is sent of a message: all of it, or one numbered part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The message's id; the n-th of several parts has `{id}-{n}`, counted from one.
    pub id: String,
    /// What is sent.
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
    /// What is sent of this message under this id, in order. A message within the limit is returned as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] with the measured length, and with what keeps it from being cut. Nothing is to be sent then.
    pub fn fit(self, message: Message, id: &str, limits: Limits) -> Result<Vec<Part>, Error> {
        let written = self.write(message, id, limits)?;
        Ok(written.into_iter().map(|(part, _)| part).collect())
    }

    /// The parts with their bodies: what is measured is what is sent.
    pub(crate) fn write(
        self,
        message: Message,
        id: &str,
        limits: Limits,
    ) -> Result<Vec<(Part, Vec<u8>)>, Error> {
        let whole = Part { id: id.to_owned(), message }.with_body()?;
        let len = whole.1.len();
        if len <= limits.bytes {
            return Ok(vec![whole]);
        }
        let (Part { message, .. }, _) = whole;
        let parts = match self {
            Self::Reject => return Err(too_long(len, limits, "")),
            Self::Truncate => {
                let message = truncate::truncate(message, id, limits, len)?;
                vec![Part { id: id.to_owned(), message }]
            }
            Self::Split => split::split(message, id, limits, len)?,
        };
        let fits = |part: Part| {
            let part = part.with_body()?;
            match part.1.len() {
                part_len if part_len > limits.bytes => {
                    Err(too_long(len, limits, &format!("; a part would have {part_len}")))
                }
                _ => Ok(part),
            }
        };
        parts.into_iter().map(fits).collect()
    }
}

/// `why` begins with punctuation.
fn too_long(len: usize, limits: Limits, why: &str) -> Error {
    Error::new(ErrorKind::TooLong, format!("{len} bytes of JSON, the limit is {}{why}", limits.bytes))
}

/// A message with a text that can be cut, without that text.
enum Frame {
    Text,
    Markdown { title: String },
    Card(ActionCard),
}

impl Frame {
    /// Takes a message apart: what holds the text, the text, who is mentioned.
    fn of(message: Message) -> Option<(Self, String, Mentions)> {
        match message {
            Message::Text(text) => Some((Self::Text, text.content, text.mentions)),
            Message::Markdown(markdown) => {
                Some((Self::Markdown { title: markdown.title }, markdown.text, markdown.mentions))
            }
            Message::ActionCard(mut card) => {
                let text = std::mem::take(&mut card.text);
                Some((Self::Card(card), text, Mentions::default()))
            }
            Message::Link(_) | Message::FeedCard(_) => None,
        }
    }

    fn body<'a>(&self, source: &'a str) -> Body<'a> {
        if matches!(self, Self::Text) { plain::body(source) } else { markdown::body(source) }
    }

    /// What stands between two paragraphs.
    fn blank(&self) -> &'static str {
        if matches!(self, Self::Text) { "\n" } else { "\n\n" }
    }

    /// The message with this text; `number` is appended to its title.
    fn message(&self, number: &str, text: String, mentions: Mentions) -> Message {
        match self {
            Self::Text => Message::text(text).with_mentions(mentions),
            Self::Markdown { title } => {
                Message::markdown(format!("{title}{number}"), text).with_mentions(mentions)
            }
            Self::Card(card) => {
                let title = format!("{}{number}", card.title);
                Message::ActionCard(ActionCard { title, text, ..card.clone() })
            }
        }
    }

    /// How many bytes are left for a text, inside its JSON string; the `@…` of everybody mentioned are provided for.
    fn room(
        &self,
        number: &str,
        id: &str,
        mentions: &Mentions,
        limits: Limits,
    ) -> Result<Option<usize>, Error> {
        let message = self.message(number, "\u{20}".to_owned(), mentions.clone());
        // The space stands for the text, so that the separator before the mentions is counted.
        let taken = body_len(&message, id)? - escaped_len(" ");
        Ok(limits.bytes.checked_sub(taken))
    }
}
