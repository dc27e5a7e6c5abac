//! The log of the requests to the robot endpoint, in order of arrival.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::SystemTime,
};

use dingtalk_core::message::WireMessage;

use crate::{fault::Fault, refusal::Refusal};

/// Default number of entries in the log ([`Builder::log_capacity`](crate::Builder::log_capacity)). Older entries are
/// dropped.
pub const LOG_CAPACITY: usize = 1000;

/// Maximum length of a body in the log, in bytes. A valid message has at most 20,000.
const BODY_KEPT: usize = 64 * 1024;

/// Maximum length of all bodies in the log together, in bytes.
const BODIES_KEPT: usize = 64 * 1024 * 1024;

/// Number of removals that are remembered, for pages that are open.
const REMOVALS_KEPT: usize = 1000;

/// One request to the robot endpoint, without its token and signature.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Number of this request since the start, from 1.
    pub number: u64,
    /// Time of arrival.
    pub time: SystemTime,
    /// Name of the robot, if the access token was known.
    pub robot: Option<String>,
    /// HTTP method; empty for a connection that was reset before it was read.
    pub method: String,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// Names of the query parameters. A name that might be a token is shown as `…`.
    pub query_keys: Vec<String>,
    /// First 64 KiB of the body.
    pub body: Arc<[u8]>,
    /// Length of the whole body, in bytes.
    pub body_length: usize,
    /// Number of this attempt, from 1: the requests with the same robot and `msgUuid` are counted, or those with the
    /// same robot and body if there is no id. Their outcomes make no difference.
    pub attempt: u32,
    /// Outcome of the request.
    pub outcome: Outcome,
    /// Parts of an accepted message that DingTalk silently ignores.
    pub warnings: Vec<String>,
    /// The fault that was injected, if any.
    pub fault: Option<Fault>,
}

/// Outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The message is valid and appears in the chat.
    Accepted(WireMessage),
    /// The message is valid and was answered as accepted, but a message with this `msgUuid` is already in the chat.
    Repeated {
        /// Number of the entry that appears in the chat.
        of: u64,
    },
    /// The request was refused.
    Refused(Refusal),
    /// A fault was injected before the request was checked.
    Faulted,
}

impl Entry {
    /// Returns the body as text, with U+FFFD in place of invalid UTF-8.
    #[must_use]
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the message, if it appears in the chat.
    #[must_use]
    pub fn accepted(&self) -> Option<&WireMessage> {
        match &self.outcome {
            Outcome::Accepted(message) => Some(message),
            _ => None,
        }
    }

    /// Returns the refusal, if the request was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.outcome {
            Outcome::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// The part of an entry that is known before the request is checked.
pub(crate) struct Received {
    pub(crate) robot: Option<String>,
    pub(crate) method: String,
    pub(crate) content_type: Option<String>,
    pub(crate) query_keys: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) body_length: usize,
}

#[derive(Debug)]
pub(crate) struct Log {
    capacity: usize,
    entries: VecDeque<Kept>,
    known: HashMap<Key, Known>,
    requests: u64,
    accepted: u64,
    /// Length of all bodies together.
    bodies: usize,
    /// The last removals by a person, each with its number.
    removals: VecDeque<(u64, Removed)>,
    removed: u64,
}

/// Entries that a person has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removed {
    /// The entry with this number.
    One(u64),
    /// All entries up to this number.
    Through(u64),
}

#[derive(Debug)]
struct Kept {
    entry: Arc<Entry>,
    key: Option<Key>,
}

/// Key that the attempts of one message share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    robot: Option<String>,
    identity: Identity,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// `msgUuid` of the body, even if the rest of the body is invalid.
    Id(String),
    /// The exact body, if it has no id.
    Body(Arc<[u8]>),
}

/// The log's record of one message.
#[derive(Debug)]
struct Known {
    /// Number of its newest entry.
    newest: u64,
    attempts: u32,
    /// Number of the entry that appears in the chat.
    accepted: Option<u64>,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: VecDeque::new(),
            known: HashMap::new(),
            requests: 0,
            accepted: 0,
            bodies: 0,
            removals: VecDeque::new(),
            removed: 0,
        }
    }

    pub(crate) fn push(
        &mut self,
        received: Received,
        outcome: Outcome,
        warnings: Vec<String>,
        fault: Option<Fault>,
    ) {
        self.requests += 1;
        self.accepted += u64::from(matches!(outcome, Outcome::Accepted(_)));
        let kept = received.body.len().min(BODY_KEPT);
        let mut entry = Entry {
            number: self.requests,
            time: SystemTime::now(),
            robot: received.robot,
            method: received.method,
            content_type: received.content_type,
            query_keys: received.query_keys,
            body: received.body[..kept].into(),
            body_length: received.body_length,
            attempt: 1,
            outcome,
            warnings,
            fault,
        };
        let key = key(&entry);
        if let Some(key) = &key {
            let known = self.known.entry(key.clone());
            let known = known.or_insert(Known { newest: 0, attempts: 0, accepted: None });
            known.attempts = known.attempts.saturating_add(1);
            known.newest = entry.number;
            if entry.accepted().is_some() {
                known.accepted.get_or_insert(entry.number);
            }
            entry.attempt = known.attempts;
        }
        self.bodies += entry.body.len();
        self.entries.push_back(Kept { entry: Arc::new(entry), key });
        while self.entries.len() > self.capacity || self.bodies > BODIES_KEPT {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.forget(oldest);
        }
    }

    /// Removes the entry with this number, and reports whether it was in the log.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let found = self.entries.binary_search_by_key(&number, |kept| kept.entry.number);
        let Some(kept) = found.ok().and_then(|at| self.entries.remove(at)) else { return false };
        self.forget(kept);
        self.note(Removed::One(number));
        true
    }

    /// Removes all entries.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.known.clear();
        self.bodies = 0;
        self.note(Removed::Through(self.requests));
    }

    fn note(&mut self, removed: Removed) {
        self.removed += 1;
        self.removals.push_back((self.removed, removed));
        if self.removals.len() > REMOVALS_KEPT {
            self.removals.pop_front();
        }
    }

    /// Returns the removals after this one, oldest first, each with its number.
    pub(crate) fn removals_since(&self, number: u64) -> Vec<(u64, Removed)> {
        self.removals.iter().filter(|(at, _)| *at > number).copied().collect()
    }

    fn forget(&mut self, Kept { entry, key }: Kept) {
        self.bodies -= entry.body.len();
        let Some(key) = key else { return };
        if let Some(known) = self.known.get_mut(&key) {
            if known.newest == entry.number {
                self.known.remove(&key);
            } else if known.accepted == Some(entry.number) {
                known.accepted = None;
            }
        }
    }

    /// Returns the number of this robot's accepted message with this id, as far back as the log reaches.
    pub(crate) fn accepted_with_id(&self, robot: &str, id: &str) -> Option<u64> {
        let key = Key { robot: Some(robot.to_owned()), identity: Identity::Id(id.to_owned()) };
        self.known.get(&key)?.accepted
    }

    /// Returns the entries after this number.
    pub(crate) fn since(&self, number: u64) -> Vec<Arc<Entry>> {
        let first = self.entries.partition_point(|kept| kept.entry.number <= number);
        self.entries.range(first..).map(|kept| Arc::clone(&kept.entry)).collect()
    }

    /// Returns the entries after this number, but at most this many of the newest.
    pub(crate) fn newest_since(&self, number: u64, limit: usize) -> Vec<Arc<Entry>> {
        let first = self.entries.partition_point(|kept| kept.entry.number <= number);
        let first = first.max(self.entries.len().saturating_sub(limit));
        self.entries.range(first..).map(|kept| Arc::clone(&kept.entry)).collect()
    }

    /// Returns the newest accepted entry of a robot.
    pub(crate) fn newest_accepted(&self, robot: &str) -> Option<Arc<Entry>> {
        let is_of =
            |entry: &&Kept| entry.entry.robot.as_deref() == Some(robot) && entry.entry.accepted().is_some();
        self.entries.iter().rev().find(is_of).map(|kept| Arc::clone(&kept.entry))
    }

    /// Returns the entry with this number.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Entry>> {
        let at = self.entries.binary_search_by_key(&number, |kept| kept.entry.number).ok()?;
        self.entries.get(at).map(|kept| Arc::clone(&kept.entry))
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }
}

/// Returns `None` for an empty body without an id, such as that of a connection that was reset before it was read.
fn key(entry: &Entry) -> Option<Key> {
    let id = match &entry.outcome {
        Outcome::Accepted(message) => message.id.clone(),
        _ => message_id(&entry.body),
    };
    let identity = match id {
        Some(id) => Identity::Id(id),
        None if entry.body.is_empty() => return None,
        None => Identity::Body(Arc::clone(&entry.body)),
    };
    Some(Key { robot: entry.robot.clone(), identity })
}

fn message_id(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Id {
        #[serde(rename = "msgUuid")]
        msg_uuid: Option<String>,
    }

    serde_json::from_slice::<Id>(body).ok()?.msg_uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(robot: &str, body: &str) -> Received {
        Received {
            robot: Some(robot.to_owned()),
            method: "POST".to_owned(),
            content_type: None,
            query_keys: Vec::new(),
            body: body.as_bytes().to_vec(),
            body_length: body.len(),
        }
    }

    fn attempts(requests: &[(&str, &str)]) -> Vec<u32> {
        let mut log = Log::new(LOG_CAPACITY);
        for (robot, body) in requests {
            log.push(received(robot, body), Outcome::Faulted, Vec::new(), None);
        }
        log.since(0).iter().map(|entry| entry.attempt).collect()
    }

    #[test]
    fn attempts_are_counted_by_robot_and_id() {
        let (one, other) = (r#"{"msgUuid":"1","n":1}"#, r#"{"msgUuid":"1","n":2}"#);
        assert_eq!(attempts(&[("a", one), ("a", other), ("b", one), ("a", one)]), [1, 2, 1, 3]);
        assert_eq!(attempts(&[("a", "{}"), ("a", "{ }"), ("a", "{}"), ("a", one)]), [1, 1, 2, 1]);
        assert_eq!(attempts(&[("a", ""), ("a", "")]), [1, 1]);
    }

    #[test]
    fn a_full_log_drops_the_oldest_entries_and_keeps_counting() {
        let mut log = Log::new(LOG_CAPACITY);
        for n in 0..LOG_CAPACITY + 5 {
            log.push(received("a", &n.to_string()), Outcome::Faulted, Vec::new(), None);
        }
        let numbers: Vec<_> = log.since(0).iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (6..=1005).collect::<Vec<_>>());
        assert_eq!(log.since(1003).len(), 2);
        assert_eq!(log.since(9999).len(), 0);
        let newest = |number, limit| {
            let entries = log.newest_since(number, limit);
            entries.iter().map(|entry| entry.number).collect::<Vec<_>>()
        };
        assert_eq!((newest(0, 2), newest(1004, 2), newest(9999, 2)), (vec![1004, 1005], vec![1005], vec![]));
        assert_eq!(log.requests(), 1005);
    }

    #[test]
    fn a_message_that_the_log_has_dropped_counts_as_new() {
        let mut log = Log::new(2);
        let mut push = |body: &str, accepted| {
            let outcome = if accepted {
                Outcome::Accepted(WireMessage::with_id(dingtalk_core::Message::text("x"), "1"))
            } else {
                Outcome::Faulted
            };
            log.push(received("a", body), outcome, Vec::new(), None);
            (log.entries.back().unwrap().entry.attempt, log.accepted_with_id("a", "1"), log.known.len())
        };
        let (one, other) = (r#"{"msgUuid":"1"}"#, "{}");
        assert_eq!(push(one, true), (1, Some(1), 1));
        assert_eq!(push(one, false), (2, Some(1), 1));
        assert_eq!(push(other, false), (1, None, 2), "the accepted entry is dropped, a later one is not");
        assert_eq!(push(other, false), (2, None, 1));
        assert_eq!(push(one, false), (1, None, 2));
    }

    #[test]
    fn a_long_body_is_cut_in_the_log() {
        let mut log = Log::new(LOG_CAPACITY);
        log.push(received("a", &"x".repeat(BODY_KEPT + 1)), Outcome::Faulted, Vec::new(), None);
        let entry = &log.since(0)[0];
        assert_eq!((entry.body.len(), entry.body_length), (BODY_KEPT, BODY_KEPT + 1));
    }

    #[test]
    fn a_removed_entry_is_gone_and_its_removal_is_remembered() {
        let mut log = Log::new(LOG_CAPACITY);
        let body = r#"{"msgUuid":"1"}"#;
        let accepted = || Outcome::Accepted(WireMessage::with_id(dingtalk_core::Message::text("x"), "1"));
        log.push(received("a", body), accepted(), Vec::new(), None);
        log.push(received("a", "{}"), Outcome::Faulted, Vec::new(), None);
        assert!(log.remove(1) && !log.remove(1) && !log.remove(7));
        assert_eq!(log.accepted_with_id("a", "1"), None, "the id may be used again");
        assert_eq!((log.get(1).is_none(), log.get(2).map(|entry| entry.number)), (true, Some(2)));
        log.push(received("a", body), accepted(), Vec::new(), None);
        log.clear();
        assert_eq!((log.since(0).len(), log.requests(), log.known.len(), log.bodies), (0, 3, 0, 0));
        assert_eq!(log.removals_since(0), [(1, Removed::One(1)), (2, Removed::Through(3))]);
        assert_eq!(log.removals_since(1), [(2, Removed::Through(3))]);
    }

    #[test]
    fn long_bodies_drop_older_entries() {
        let mut log = Log::new(100_000);
        let body = "x".repeat(BODY_KEPT);
        for n in 0..BODIES_KEPT / BODY_KEPT + 3 {
            log.push(received(&n.to_string(), &body), Outcome::Faulted, Vec::new(), None);
        }
        assert_eq!((log.since(0).len(), log.since(0)[0].number), (BODIES_KEPT / BODY_KEPT, 4));
    }
}
