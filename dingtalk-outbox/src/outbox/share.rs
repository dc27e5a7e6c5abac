//! Places that a store reserves for the notifications of one source, and the digest of those that find none.

use std::time::Duration;

use dingtalk_core::{Envelope, Message, message::Mentions};

/// Maximum number of lines of a digest; further notifications are counted.
pub(crate) const LINES: i64 = 20;

/// Time for which a digest waits for more notifications, in milliseconds.
pub(crate) const COLLECTS: i64 = 10_000;

/// Maximum number of digests of one source that wait at the same time.
pub(crate) const DIGESTS: i64 = 32;

/// Name of the lane that has the marked keys, and the throttles of sources. It never has a notification.
pub(crate) const MARKS: &str = "marks";

/// Time of which a source's notifications are counted.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Maximum number of people that a digest mentions, unless set: DingTalk takes no more.
const MENTIONS: usize = 50;

/// The failure if there are more.
pub(crate) const TOO_MANY: &str = "too many digests of one source wait";

/// Length of the beginning of an id that names its source.
pub(crate) const PREFIX: usize = 7;

/// Places of a source, such as a program whose webhooks become notifications. The notifications of a source are
/// recognised by the beginning of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// Beginning of the ids of its notifications, without their kind.
    prefix: String,
    /// Number of its notifications that may wait, beside the capacity of the store.
    pub places: usize,
    /// Maximum number of its notifications that are added within any minute; no limit if it is `None`.
    pub per_minute: Option<u32>,
    /// Maximum number of people that a digest mentions.
    pub max_mentions: usize,
    /// First line of a digest.
    pub heading: String,
}

/// A notification of a source.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Submission {
    /// The notification, with an [id of the source](Share::own).
    pub envelope: Envelope,
    /// Places of the source.
    pub share: Share,
    /// One line that stands for the notification in a digest, which mentions the people of the notification.
    pub line: String,
    /// Keys that are [marked](super::Outbox::marked) together with the notification.
    pub marks: Vec<String>,
    /// Time for which the keys are marked.
    pub marked_for: Duration,
}

/// Result of [`Outbox::admit`](super::Outbox::admit) for one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admitted {
    /// The notification was added.
    Added,
    /// The notification became a line of the digest with this id, or is one of those that it counts.
    Merged(String),
    /// The id is known from an earlier notification; nothing was added.
    Known,
    /// A rule for repetitions excludes the notification; nothing was added.
    Suppressed,
}

impl Share {
    /// Creates the share of a source. Different sources have different names.
    pub fn new(source: &str, places: usize, heading: impl Into<String>) -> Self {
        // FNV-1a: the same in all processes and versions.
        let hash = source.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let folded = (hash ^ (hash >> 24) ^ (hash >> 48)) & 0x00ff_ffff;
        let prefix = format!("{folded:06x}");
        Self { prefix, places, per_minute: None, max_mentions: MENTIONS, heading: heading.into() }
    }

    /// Gives an envelope an id of the source, in place of one that it got when it was created.
    #[must_use]
    pub fn own(&self, mut envelope: Envelope) -> Envelope {
        envelope.id.insert_str(0, &self.notifications());
        envelope
    }

    /// Returns the beginning of the ids of its notifications.
    pub(crate) fn notifications(&self) -> String {
        format!("{}n", self.prefix)
    }

    /// Returns the beginning of the ids of its digests.
    pub(crate) fn digests(&self) -> String {
        format!("{}d", self.prefix)
    }
}

impl Submission {
    /// Creates a submission without marks.
    pub fn new(envelope: Envelope, share: Share, line: impl Into<String>) -> Self {
        let mut line = line.into();
        line.retain(|c| !c.is_control());
        Self { envelope, share, line, marks: Vec::new(), marked_for: Duration::ZERO }
    }

    /// Returns a digest with this notification as its first line.
    pub(crate) fn digest(&self) -> Envelope {
        let Self { envelope, share, line, .. } = self;
        let mut message = Message::text(format!("{}\n{line}", share.heading));
        if let Message::Text(text) = &mut message {
            self.mention(&mut text.mentions);
        }
        let mut digest = Envelope::new(message);
        digest.id.insert_str(0, &share.digests());
        digest.robot.clone_from(&envelope.robot);
        digest.expires_at = envelope.expires_at;
        digest
    }

    /// Adds the people whom the notification mentions to those of a digest, as far as there is room.
    pub(crate) fn mention(&self, mentions: &mut Mentions) {
        let Some(mentioned) = self.envelope.message.mentions() else { return };
        let most = self.share.max_mentions;
        mentions.all |= mentioned.all;
        for mobile in &mentioned.mobiles {
            if mentions.people() < most && !mentions.mobiles.contains(mobile) {
                mentions.mobiles.push(mobile.clone());
            }
        }
        for user_id in &mentioned.user_ids {
            if mentions.people() < most && !mentions.user_ids.contains(user_id) {
                mentions.user_ids.push(user_id.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fit_into_a_request_with_the_number_of_a_part() {
        let share = Share::new("alertmanager", 100, "");
        let id = share.own(Envelope::new(Message::text("a"))).id;
        assert!(id.len() + "-99".len() <= 36, "{id}");
        assert_eq!(id.len(), PREFIX + 26);
        assert!(id.starts_with(&share.notifications()));
        assert_ne!(share.notifications(), Share::new("grafana", 100, "").notifications());
    }
}
