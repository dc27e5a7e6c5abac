//! Envelopes of messages.

use std::{sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{
    Confirmation, Dedupe, Error, RobotKey, SendProgress, Throttle,
    mark::{Attempt, AttemptMark, Mark},
};
use crate::Message;

/// Maximum size of a body that DingTalk accepts, in bytes of JSON. Larger bodies fail with errcode 460101.
pub const MAX_BODY_BYTES: usize = 20_000;

/// A message with its delivery options: id, robot, urgency, expiry. Never contains a token, a signature or an address.
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
    /// Message to deliver.
    pub message: Message,
    /// Id of the message, the same for all attempts. DingTalk receives it as `msgUuid` and recognises a retry by it.
    pub id: String,
    /// Name of the robot; `None` leaves the choice to the delivery.
    pub robot: Option<String>,
    /// Priority among waiting messages.
    pub urgency: Urgency,
    /// Subject of the message. If many messages are waiting, those of one group may be merged.
    pub group: Option<String>,
    /// Plain text that represents the message in a digest, in one line.
    pub digest_line: Option<String>,
    /// Suppression of repetitions, by a [queue](crate::queue::Queue).
    pub dedupe: Option<Dedupe>,
    /// Limit on messages with the same subject, applied by a [queue](crate::queue::Queue).
    pub throttle: Option<Throttle>,
    /// A person's confirmation, for a policy that asks for one.
    pub confirmation: Option<Confirmation>,
    /// Time until which a [queue](crate::queue::Queue) keeps the message back, to add it to the next message to the same
    /// robot.
    pub held_until: Option<SystemTime>,
    /// Time before which a [queue](crate::queue::Queue) does not send the message. Until then, the message does not
    /// delay others.
    pub not_before: Option<SystemTime>,
    /// Time after which the message is outdated and is not sent.
    pub expires_at: Option<SystemTime>,
    /// Robot through which the message may have arrived. A pool sends it through no other.
    pub sender: Option<RobotKey>,
    /// Parts of the split message that have been delivered.
    pub delivered: Option<DeliveredParts>,
    progress: SendProgress,
    mark: Mark,
}

/// Parts of a split message that have been delivered. They are not sent again if the message is split into the same
/// number of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveredParts {
    /// Number of delivered parts, from the first.
    pub count: usize,
    /// Number of parts of the message.
    pub of: usize,
}

/// Priority among waiting messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Urgency {
    /// Messages are sent in the order in which they arrive.
    #[default]
    Normal,
    /// Sent before all messages that are not urgent. A part of each robot's rate is reserved for urgent messages; see
    /// [`Pace::urgent_reserve`](crate::delivery::Pace::urgent_reserve).
    Urgent,
}

impl Envelope {
    /// Creates an envelope with a new id (a ULID, sortable by time).
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
            confirmation: None,
            held_until: None,
            not_before: None,
            expires_at: None,
            sender: None,
            delivered: None,
            progress: SendProgress::default(),
            mark: Mark::default(),
        }
    }

    /// Returns a copy of the message and its options under a new id, for another robot.
    #[must_use]
    pub fn copy(&self) -> Self {
        let mut copy = self.clone();
        copy.id = Ulid::generate().to_string();
        (copy.sender, copy.delivered) = (None, None);
        (copy.progress, copy.mark) = (SendProgress::default(), Mark::default());
        copy
    }

    /// Returns a handle that reports whether the message may have been sent, even after its delivery was cancelled.
    pub fn progress(&self) -> SendProgress {
        self.progress.clone()
    }

    /// Sets the mark that is made before each request of the delivery. Replaces an earlier one.
    #[must_use]
    pub fn with_attempt_mark(mut self, mark: Arc<dyn AttemptMark>) -> Self {
        self.mark = Mark::new(mark);
        self
    }

    /// Makes the [mark](Self::with_attempt_mark), if one is set. An implementation of `Deliver` that [marks
    /// attempts](crate::Deliver::marks_attempts) calls this before each request, after it has taken the slot.
    ///
    /// # Errors
    ///
    /// Fails if the attempt could not be recorded. Then nothing may be sent, and the slot is given back.
    pub async fn mark_attempt(&self) -> Result<(), Error> {
        self.mark.begin(Attempt::default()).await
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark.clone()
    }

    /// Sets the id, for a message that may have been sent before. A blank id is ignored: it would make all messages
    /// with it one and the same.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        if !id.trim().is_empty() {
            self.id = id;
        }
        self
    }

    /// Sets the name of the robot.
    #[must_use]
    pub fn with_robot(mut self, name: impl Into<String>) -> Self {
        self.robot = Some(name.into());
        self
    }

    /// Sets the priority among waiting messages.
    #[must_use]
    pub fn with_urgency(mut self, urgency: Urgency) -> Self {
        self.urgency = urgency;
        self
    }

    /// Sets the subject, so that the message may be merged with others of the same group.
    #[must_use]
    pub fn with_group(mut self, key: impl Into<String>) -> Self {
        self.group = Some(key.into());
        self
    }

    /// Sets the line that represents the message in a digest.
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

    /// Limits the number of messages with the same subject.
    #[must_use]
    pub fn with_throttle(mut self, rule: Throttle) -> Self {
        self.throttle = Some(rule);
        self
    }

    /// Sets the confirmation that a person has given.
    #[must_use]
    pub fn with_confirmation(mut self, confirmation: Confirmation) -> Self {
        self.confirmation = Some(confirmation);
        self
    }

    /// Lets the message wait for the next message to the same robot, and be sent as a line of it: for what is worth
    /// knowing, but not a message of its own. If there is none until `held_until`, it is a message of its own.
    #[must_use]
    pub fn with_next_until(mut self, held_until: SystemTime) -> Self {
        self.held_until = Some(held_until);
        self
    }

    /// Sets the time before which a [queue](crate::queue::Queue) does not send the message. Without a queue, it has no
    /// effect.
    #[must_use]
    pub fn with_not_before(mut self, not_before: SystemTime) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// Sets the time after which the message is not sent.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// Sets the robot through which the message may have arrived, so that a [pool](crate::pool::Pool) sends it through
    /// no other. Ignored if the robot is not in the pool.
    #[must_use]
    pub fn with_sender(mut self, robot: RobotKey) -> Self {
        self.sender = Some(robot);
        self
    }

    /// Sets the parts that an earlier delivery under the same id has delivered. They are not sent again.
    #[must_use]
    pub fn with_delivered_parts(mut self, delivered: DeliveredParts) -> Self {
        self.delivered = Some(delivered);
        self
    }
}

/// An envelope with a new id and without options.
impl From<Message> for Envelope {
    fn from(message: Message) -> Self {
        Self::new(message)
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
        let mut parts = Overflow::Reject.write(envelope.message, &envelope.id, Limits::default(), None)?;
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
