//! Stores of a queue: the trait, and a store in memory.
//!
//! A store is shared by the lanes of one [`Queue`](crate::queue::Queue), and by several processes if it is durable. It
//! keeps the notifications and the claims on them. Rates belong to the robot's [window](crate::delivery::window). The
//! order is fixed: the robot takes a slot, [`begin`](Store::begin) records the attempt, and then the request is made. A
//! crash can waste a slot, but never hides a request.
//!
//! # States of a notification
//!
//! ```text
//! enqueue -> waiting -> claim -> claimed -> begin -> sending -> settle -> delivered
//!               ^                  |                    |          |----> a dead letter -> redeliver
//!               |<--- release -----|                    |          |----> waiting, due later
//!               |<--- the lease ends: nobody came back -|
//! ```
//!
//! [`merge`](Store::merge) replaces several waiting items by a *digest*: an item that has [members](Item::members). It
//! waits and is sent, deferred and settled like any other item, under its own id and with an unchanged text, so that
//! after a crash during a send, the same message is sent with the same `msgUuid`.
//!
//! # Time
//!
//! A store uses its own clock, which for a database is that of the server, because the clocks of several machines
//! differ. It receives and returns spans of time ("in five seconds", "check again in a minute"). The only exception is
//! [`Envelope::expires_at`](crate::Envelope::expires_at), which the sender sets.

mod dead_letter;
mod forward;
mod item;
mod memory;

use std::time::Duration;

pub use self::{
    dead_letter::{DeadLetter, Failure, Loss},
    item::{Begun, Claim, Claimed, Enqueued, Item, LanePending, Merge, Settlement},
    memory::MemoryStore,
};
use super::{BoxFuture, Envelope, Error};

/// Keeps the notifications of a [`Queue`](crate::queue::Queue); see the [module](self).
///
/// Object-safe. Every method is one transaction: it succeeds as a whole or has no effect. A failure is an error of kind
/// [`Store`](crate::ErrorKind::Store); the queue tries again later.
pub trait Store: Send + Sync {
    /// Puts a notification into a lane, after those of its urgency. An id that is already known to the store is not
    /// accepted again ([`Enqueued::Known`]). `capacity` limits the notifications of all lanes together.
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>>;

    /// [`enqueue`](Self::enqueue) for callers that cannot wait. Returns `None` if the store would have to wait.
    fn enqueue_now(
        &self,
        lane: &str,
        envelope: Envelope,
        capacity: usize,
    ) -> Option<Result<Enqueued, Error>> {
        let _ = (lane, envelope, capacity);
        None
    }

    /// Claims up to `max` items of a lane that are due and not claimed: urgent ones first, then in order. The claims
    /// hold until the lease ends; after that, an item can be claimed again, as [interrupted](Item::interrupted) if its
    /// attempt had begun. Items that have expired and are not being sent become dead letters.
    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>>;

    /// Gives back unused claims. Ignores claims that no longer hold, and those whose attempt has begun.
    fn release<'a>(&'a self, claims: &'a [Claim]) -> BoxFuture<'a, Result<(), Error>>;

    /// Replaces claimed items by digests, in one step: the members are removed from the lane, and the digests take the
    /// position of the first of all members, in the given order and unclaimed. Returns `false`, without any change, if
    /// one of the claims does not hold.
    fn merge(&self, merges: Vec<Merge>) -> BoxFuture<'_, Result<bool, Error>>;

    /// Records that an attempt begins, and extends the claim by `lease`.
    fn begin<'a>(&'a self, claim: &'a Claim, lease: Duration) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Ends a claim with the outcome of the item. Its attempt need not have begun: a robot without a free slot makes no
    /// request. Returns `false`, without any change, if the claim no longer holds.
    fn settle<'a>(&'a self, claim: &'a Claim, settlement: Settlement) -> BoxFuture<'a, Result<bool, Error>>;

    /// Counts the notifications of a lane.
    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>>;

    /// Returns the newest dead letters, newest first. A store keeps a limited number of them.
    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>>;

    /// Puts a dead letter back into its lane, after the others, with its attempts reset and without its expiry. Returns
    /// `None` if this id is not found.
    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>>;

    /// Returns the interval for checks for notifications from other processes; `None` (the default) if there are no
    /// others.
    fn poll_interval(&self) -> Option<Duration> {
        None
    }

    /// Returns the number of notifications that would be lost if the process ended now: 0 (the default) for a durable
    /// store.
    fn only_in_memory(&self) -> usize {
        0
    }
}
