//! Where a queue keeps what waits: the trait of a store, and the one in memory.
//!
//! A store is shared by the lanes of one [`Queue`](crate::queue::Queue), and by several processes if it is durable. It keeps the
//! notifications and the claims on them, but not the rate: that is the matter of the robot's
//! [window](crate::delivery::window). The order is fixed: first the robot takes a slot, then [`begin`](Store::begin) records the attempt,
//! then the request is made. So a crash can waste a slot, but never hides a request.
//!
//! # Life of a notification
//!
//! ```text
//! enqueue -> waiting -> claim -> claimed -> begin -> sending -> settle -> delivered
//!               ^                  |                    |          |----> a dead letter -> redeliver
//!               |<--- release -----|                    |          |----> waiting, due later
//!               |<--- the lease ends: nobody came back -|
//! ```
//!
//! [`merge`](Store::merge) puts several waiting ones behind a *digest*: an item that has [members](Item::members). It waits,
//! is sent, deferred and settled like any other, under its own id and with the words that it was made with, so that a
//! crash in the middle of a send is followed by the same message with the same `msgUuid`.
//!
//! # Time
//!
//! A store asks its own clock, for a database that of the server: the clocks of several machines differ. It is told
//! spans of time ("in five seconds") and tells them ("look again in a minute"). The one exception is
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

/// Keeps what waits in a [`Queue`](crate::queue::Queue): see the [module](self).
///
/// Object-safe. Every method is one transaction: it happens as a whole or, if it fails, not at all. A failure is an error
/// of kind [`Store`](crate::ErrorKind::Store); the queue asks again later.
pub trait Store: Send + Sync {
    /// Puts a notification into a lane, behind those of its urgency. An id that the store has seen before is not taken
    /// again ([`Enqueued::Known`]); `capacity` bounds the notifications of all lanes together.
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>>;

    /// [`enqueue`](Self::enqueue) for callers that cannot wait: `None` from a store that would have to.
    fn enqueue_now(
        &self,
        lane: &str,
        envelope: Envelope,
        capacity: usize,
    ) -> Option<Result<Enqueued, Error>> {
        let _ = (lane, envelope, capacity);
        None
    }

    /// Hands out up to `max` items of a lane that are due and nobody works on: urgent ones first, then in order. They are
    /// the claimer's until the lease ends; whose lease has ended is handed out again, [interrupted](Item::interrupted)
    /// if its attempt had begun. What has expired and is not being sent becomes a dead letter on the way.
    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>>;

    /// Gives claims back unused. Those that hold no longer, and those whose attempt has begun, are ignored.
    fn release<'a>(&'a self, claims: &'a [Claim]) -> BoxFuture<'a, Result<(), Error>>;

    /// Puts claimed items behind digests, all at once: the members leave the line, and the digests stand in it, in
    /// the given order, where the first of all members stood. They are claimed by nobody. `false`, and
    /// nothing changed, if one of the claims does not hold.
    fn merge(&self, merges: Vec<Merge>) -> BoxFuture<'_, Result<bool, Error>>;

    /// Records that an attempt begins. The claim is held for another `lease`.
    fn begin<'a>(&'a self, claim: &'a Claim, lease: Duration) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Ends a claim with the outcome of the item. Its attempt need not have begun: a robot that takes nothing makes no
    /// request. Returns `false` if the claim holds no longer; then nothing has changed.
    fn settle<'a>(&'a self, claim: &'a Claim, settlement: Settlement) -> BoxFuture<'a, Result<bool, Error>>;

    /// What waits in a lane.
    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>>;

    /// The newest dead letters, newest first. A store keeps a bounded number of them.
    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>>;

    /// Puts a dead letter back into its lane, behind the others, with no attempt counted and without its expiry.
    /// `None` if there is none with this id.
    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>>;

    /// How often to look for what other processes have put in; `None` (the default) if nobody else can.
    fn poll_interval(&self) -> Option<Duration> {
        None
    }

    /// How many notifications are lost if the process ends now: 0 (the default) for a durable store.
    fn only_in_memory(&self) -> usize {
        0
    }
}
