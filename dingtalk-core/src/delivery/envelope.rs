//! A message, and how it is to be delivered.

use std::{sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{
    Dedupe, Error, SendProgress, Throttle,
    mark::{AttemptMark, Mark},
};
use crate::Message;

/// The largest body that DingTalk takes, in bytes of JSON (errcode 460101 beyond it).
pub const MAX_BODY_BYTES: usize = 20_000;

/// A message with its id, and how it is to be delivered: through which robot, how soon, until when. It never holds a
/// token, a signature or an address.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use dingtalk_core::{Envelope, Message, delivery::Urgency};
///
/// let envelope = Envelope::new(Message::text("web-3 is down"))
///     .with_robot("ops")
///     .with_urgency(Urgency::Urgent)
///     .with_expiry(SystemTime::now() + Duration::from_secs(600));
/// assert_eq!(envelope.id.len(), 26);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The message.
    pub message: Message,
    /// Stays the same over all attempts; DingTalk gets it as `msgUuid` and recognises a repetition by it.
    pub id: String,
    /// The robot that is meant, by name; `None` leaves it to whoever delivers.
    pub robot: Option<String>,
    /// Who goes first where messages have to wait.
    pub urgency: Urgency,
    /// What the message is about: messages of one group may be merged where many are waiting.
    pub group: Option<String>,
    /// Plain text that stands for the message in a digest, in one line. Not used yet.
    pub digest_line: Option<String>,
    /// Suppression of repetitions. Not used yet.
    pub dedupe: Option<Dedupe>,
    /// Limit on messages about the same subject. Not used yet.
    pub throttle: Option<Throttle>,
    /// From then on the message is news no longer, and is not sent.
    pub expires_at: Option<SystemTime>,
    progress: SendProgress,
    mark: Mark,
}

/// Who goes first where messages have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Urgency {
    /// In the order in which messages come.
    #[default]
    Normal,
    /// Before all that are not urgent. A part of each robot's rate is kept for these: see
    /// [`Pace::urgent_reserve`](crate::delivery::Pace::urgent_reserve).
    Urgent,
}

impl Envelope {
    /// An envelope with a new id (a ULID: sortable by time).
    pub fn new(message: Message) -> Self {
        Self {
            message,
            id: Ulid::generate().to_string(),
            robot: None,
            urgency: Urgency::Normal,
            group: None,
            digest_line: None,
            dedupe: None,
            throttle: None,
            expires_at: None,
            progress: SendProgress::default(),
            mark: Mark::default(),
        }
    }

    /// Reports whether the message may have been sent, also after its delivery was given up.
    pub fn progress(&self) -> SendProgress {
        self.progress.clone()
    }

    /// Sets the mark that is made before each request of its delivery. Replaces an earlier one.
    #[must_use]
    pub fn with_attempt_mark(mut self, mark: Arc<dyn AttemptMark>) -> Self {
        self.mark = Mark::new(mark);
        self
    }

    /// Makes the [mark](Self::with_attempt_mark), if there is one. A deliverer of your own that
    /// [marks attempts](crate::Deliver::marks_attempts) calls this before each request, with the slot in hand.
    ///
    /// # Errors
    ///
    /// The attempt was not recorded. Nothing may be sent; the slot is to be given back.
    pub async fn mark_attempt(&self) -> Result<(), Error> {
        self.mark.begin().await
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark.clone()
    }

    /// Sets the id, for a message that may have been sent before. A blank one is ignored: it would make all messages
    /// that carry it one and the same.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        if !id.trim().is_empty() {
            self.id = id;
        }
        self
    }

    /// Names the robot that is meant.
    #[must_use]
    pub fn with_robot(mut self, name: impl Into<String>) -> Self {
        self.robot = Some(name.into());
        self
    }

    /// Says who goes first where messages have to wait.
    #[must_use]
    pub fn with_urgency(mut self, urgency: Urgency) -> Self {
        self.urgency = urgency;
        self
    }

    /// Says what the message is about, so that it may be merged with others of the same group.
    #[must_use]
    pub fn with_group(mut self, key: impl Into<String>) -> Self {
        self.group = Some(key.into());
        self
    }

    /// Sets the line that stands for the message in a digest.
    #[must_use]
    pub fn with_digest_line(mut self, line: impl Into<String>) -> Self {
        self.digest_line = Some(line.into());
        self
    }

    /// Suppresses repetitions of the message.
    #[must_use]
    pub fn with_dedupe(mut self, rule: Dedupe) -> Self {
        self.dedupe = Some(rule);
        self
    }

    /// Limits the messages about the same subject.
    #[must_use]
    pub fn with_throttle(mut self, rule: Throttle) -> Self {
        self.throttle = Some(rule);
        self
    }

    /// Says from when on the message is not worth sending.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorKind,
        delivery::{Limits, Overflow},
    };

    fn body(envelope: Envelope) -> Result<Vec<u8>, Error> {
        let mut parts = Overflow::Reject.write(envelope.message, &envelope.id, Limits::default())?;
        Ok(parts.remove(0).1)
    }

    #[test]
    fn every_envelope_has_an_id_of_its_own() {
        let (first, second) = (Envelope::new(Message::text("a")), Envelope::new(Message::text("a")));
        assert_ne!(first.id, second.id);
        assert_eq!(first.id.len(), 26);
        assert_eq!(first.clone().with_id(" ").id, first.id);
        assert_eq!(first.with_id("mine").id, "mine");
    }

    #[test]
    fn the_id_is_in_the_body_and_nothing_else_of_the_envelope() {
        let envelope = Envelope::new(Message::text("a")).with_id("mine").with_robot("ops").with_group("disk");
        let envelope = envelope.with_urgency(Urgency::Urgent).with_expiry(SystemTime::now());
        let body = body(envelope).unwrap();
        assert_eq!(body, br#"{"msgtype":"text","text":{"content":"a"},"msgUuid":"mine"}"#);
    }

    #[test]
    fn the_body_is_measured_in_bytes() {
        let envelope = |characters| Envelope::new(Message::text("汉".repeat(characters))).with_id("x");
        let frame = body(envelope(0)).unwrap().len();
        let most = (MAX_BODY_BYTES - frame) / 3;
        assert!(body(envelope(most)).is_ok());
        assert_eq!(body(envelope(most + 1)).unwrap_err().kind(), ErrorKind::TooLong);
    }
}
