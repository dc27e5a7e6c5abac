//! Notifications, digests and dead letters, as operators see them.

use std::time::SystemTime;

use dingtalk_core::{
    Envelope,
    delivery::Urgency,
    queue::store::{Failure, Loss},
};

/// A notification, a digest or a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Id of the notification or the digest.
    pub id: String,
    /// Name of its lane.
    pub lane: String,
    /// Name of the robot in the envelope, by which its sender knew it.
    pub robot: Option<String>,
    /// Urgency.
    pub urgency: Urgency,
    /// State.
    pub state: EntryState,
    /// Time of its addition, by the store's clock; unknown for a dead letter.
    pub added: Option<SystemTime>,
    /// Time at which it expires.
    pub expires_at: Option<SystemTime>,
    /// Number of attempts that have begun and count.
    pub attempts: u32,
    /// Set if an attempt may have arrived.
    pub may_have_arrived: bool,
    /// Last failure, if it has one.
    pub last_failure: Option<Failure>,
    /// Number of notifications in a digest; 0 for a notification.
    pub members: usize,
    /// Content, if it was asked for. Also `None` if this version cannot read it.
    pub envelope: Option<Envelope>,
}

impl Entry {
    /// Creates an entry of a notification that has just been added.
    pub fn new(id: impl Into<String>, lane: impl Into<String>, state: EntryState) -> Self {
        Self {
            id: id.into(),
            lane: lane.into(),
            robot: None,
            urgency: Urgency::default(),
            state,
            added: None,
            expires_at: None,
            attempts: 0,
            may_have_arrived: false,
            last_failure: None,
            members: 0,
            envelope: None,
        }
    }
}

/// State of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryState {
    /// It waits for its lane, or for a free slot of the robot.
    Waiting,
    /// It waits until this time: for another attempt, or because it is not to be sent before.
    Deferred(SystemTime),
    /// It is in the digest with this id.
    Merged(String),
    /// An attempt has begun and not ended. Its process may have ended.
    Sending,
    /// It was given up at this time.
    Dead(Loss, SystemTime),
}

/// Answer to the question for one id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// The id is unknown. Ids of finished notifications are forgotten after 7 days.
    Unknown,
    /// The store has the notification, the digest or the dead letter.
    Kept {
        /// The entry with its content.
        entry: Box<Entry>,
        /// Number of messages before it in its lane, if it waits and is not deferred. Never more than
        /// [`MOST_AHEAD`](Self::MOST_AHEAD).
        ahead: Option<usize>,
    },
    /// It was delivered at this time, alone or in a digest.
    Delivered(SystemTime),
    /// The digest was refused at this time; its members are sent alone.
    Unmerged(SystemTime),
    /// It was removed, or became a dead letter that was removed. The time is that of the earlier event that is known.
    Removed(SystemTime),
}

impl Standing {
    /// Number at which the count of messages before an entry ends.
    pub const MOST_AHEAD: usize = 10_000;
}

/// Selection of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Kind of entries.
    pub kind: Kind,
    /// Name of their lane; all lanes if it is `None`.
    pub lane: Option<String>,
    /// [`Page::next`] of the page before.
    pub after: Option<u64>,
    /// Maximum number of entries on the page; 100 unless set, and never more than 1,000.
    pub limit: usize,
    /// Set if the entries are to have their content.
    pub content: bool,
}

impl Filter {
    /// Selects the first hundred entries of a kind, without their content.
    pub fn new(kind: Kind) -> Self {
        Self { kind, lane: None, after: None, limit: 100, content: false }
    }

    /// Selects those of one lane.
    #[must_use]
    pub fn lane(mut self, name: impl Into<Option<String>>) -> Self {
        self.lane = name.into();
        self
    }

    /// Selects those after a page.
    #[must_use]
    pub fn after(mut self, page: impl Into<Option<u64>>) -> Self {
        self.after = page.into();
        self
    }

    /// Sets the maximum number of entries on the page.
    #[must_use]
    pub fn limit(mut self, entries: usize) -> Self {
        self.limit = entries;
        self
    }

    /// Sets whether the entries have their content.
    #[must_use]
    pub fn content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }
}

/// Kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Notifications and digests that are not finished, in the order in which they were added.
    Unfinished,
    /// Dead letters, newest first.
    Dead,
}

/// Entries that a filter selects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The entries. There may be fewer than the limit, or none, although others follow: a store reads a bounded number
    /// of rows for a page.
    pub entries: Vec<Entry>,
    /// Value of [`Filter::after`] for the next page; `None` if this is the last one.
    pub next: Option<u64>,
}

impl Page {
    /// Creates a page.
    pub fn new(entries: Vec<Entry>, next: Option<u64>) -> Self {
        Self { entries, next }
    }
}

/// Result of the removal of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal {
    /// It was removed; contains the number of notifications.
    Removed(usize),
    /// It is being sent, and was left.
    Sending,
    /// It is in the digest with this id, and was left: only the digest can be removed, with all its members.
    Merged(String),
    /// The id is unknown, or its notification is finished.
    Unknown,
}
