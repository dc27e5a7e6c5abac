//! One lane of a store in memory: its items in order, and the claim on it. No operation searches all items.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    super::LanePending,
    entry::{Entry, Place, Position},
};

/// Ids of a lane's items, without those in a digest.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Items that can be sent.
    pub(super) ready: BTreeMap<Position, String>,
    /// Deferred items, by the time at which they can be sent again.
    deferred: BTreeSet<(Duration, Position, String)>,
    /// Items that expire, by that time.
    expiries: BTreeSet<(Duration, u64, String)>,
    pub(super) held: Option<Held>,
    /// Number of its notifications, including those in a digest.
    pub(super) notifications: usize,
    pub(super) last_sent: Option<Duration>,
}

/// A claim.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) claim: u64,
    /// End of the lease.
    pub(super) until: Duration,
    /// Item of which an attempt has begun, and its number of notifications.
    pub(super) sending: Option<(String, usize)>,
}

impl Lane {
    /// Adds an item where its place says.
    pub(super) fn insert(&mut self, entry: &Entry) {
        let id = &entry.envelope.id;
        match entry.place {
            Place::Ready => drop(self.ready.insert(entry.position, id.clone())),
            Place::Deferred(due) => drop(self.deferred.insert((due, entry.position, id.clone()))),
            Place::Member => return,
        }
        if let Some(at) = entry.expires_at() {
            self.expiries.insert((at, entry.number, id.clone()));
        }
    }

    /// Removes an item.
    pub(super) fn remove(&mut self, entry: &Entry) {
        let id = &entry.envelope.id;
        match entry.place {
            Place::Ready => drop(self.ready.remove(&entry.position)),
            Place::Deferred(due) => drop(self.deferred.remove(&(due, entry.position, id.clone()))),
            Place::Member => return,
        }
        if let Some(at) = entry.expires_at() {
            self.expiries.remove(&(at, entry.number, id.clone()));
        }
    }

    /// Returns the first item whose delay is over.
    pub(super) fn first_due(&self, now: Duration) -> Option<&String> {
        self.deferred.first().filter(|(due, ..)| *due <= now).map(|(.., id)| id)
    }

    /// Returns the first item that has expired.
    pub(super) fn first_expired(&self, now: Duration) -> Option<&String> {
        self.expiries.first().filter(|(at, ..)| *at <= now).map(|(.., id)| id)
    }

    /// Returns the time at which the next item becomes due or expires.
    pub(super) fn next_change(&self) -> Option<Duration> {
        let due = self.deferred.first().map(|(due, ..)| *due);
        due.into_iter().chain(self.expiries.first().map(|(at, ..)| *at)).min()
    }

    /// Returns the claim with this number, if it holds.
    pub(super) fn held(&mut self, claim: u64) -> Option<&mut Held> {
        self.held.as_mut().filter(|held| held.claim == claim)
    }

    /// Reports whether an attempt for this item is in progress.
    pub(super) fn is_sending(&self, id: &str) -> bool {
        let sending = self.held.as_ref().and_then(|held| held.sending.as_ref());
        sending.is_some_and(|(sending, _)| sending == id)
    }

    pub(super) fn pending(&self) -> LanePending {
        let sending = self.held.as_ref().and_then(|held| held.sending.as_ref());
        let sending = sending.map_or(0, |(_, notifications)| *notifications);
        LanePending::new(self.notifications - sending, sending)
    }
}
