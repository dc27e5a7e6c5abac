//! Stores of a queue: the trait, and a store in memory.
//!
//! A store is shared by the lanes of one [`Queue`](crate::queue::Queue), and by several processes if it is durable. It
//! keeps the notifications and the claims on their lanes. Rates belong to the robot's
//! [window](crate::delivery::window). The order is fixed: the robot takes a slot, [`begin`](Store::begin) records the
//! attempt, and then the request is made. A crash can waste a slot, but never hides a request.
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
//! A lane has at most one [`Claim`], and at most one item of it is being sent: the order of a lane is kept across
//! processes. [`merge`](Store::merge) replaces several waiting items by a *digest*: an item that has
//! [members](Item::members). It waits and is sent, deferred and settled like any other item, under its own id and with
//! an unchanged text, so that after a crash during a send, the same message is sent with the same `msgUuid`.
//!
//! # Order
//!
//! Urgent items are first. Among those of one urgency, the order is that in which they were added. An item that is
//! [deferred](Settlement::Deferred) is not in this order until its delay is over; then it is last. With a delay of zero
//! (after a rest), it keeps its position. An item that is [not to be sent before](crate::Envelope::not_before) a later
//! time is added as a deferred one. A digest has the position of its first member.
//!
//! # Time
//!
//! A store uses its own clock, which for a database is that of the server, because the clocks of several machines
//! differ. It receives and returns spans of time ("in five seconds", "check again in a minute"). The exceptions are
//! [`Envelope::expires_at`](crate::Envelope::expires_at) and [`Envelope::not_before`](crate::Envelope::not_before),
//! which the sender sets. Waiting items are in the order of a counter, not of a clock, so that a clock that is set
//! back delays nothing but retries.
//!
//! # Implementing a durable store
//!
//! [`contract::check`] compares a store with a model in random histories (feature `store-contract`). A lane's name is
//! opaque: a queue names the lanes of a durable store after the robot, not after its alias in one configuration. The
//! cost of [`claim`](Store::claim) must not depend on the number of waiting items. A layout that allows this:
//!
//! | of a lane | |
//! |---|---|
//! | claim, lease end, item being sent | at most one of each |
//! | waiting | number of its notifications |
//! | last sent | see [`Claimed::last_sent`] |
//!
//! | of an item | |
//! |---|---|
//! | lane, rank, position | position is a number from the counter, and for digests the index among those made together; index over all three |
//! | due | set while the item is deferred, which has no position then; index with the lane |
//! | expiry | from the envelope; index with the lane |
//! | claim | number of the claim under which it was last handed out |
//! | digest | id of the digest of which it is a member; such an item has no position |
//! | attempts, interrupted, may have arrived, alone, suppressed, last failure | see [`Item`] |
//!
//! | of a key | |
//! |---|---|
//! | lane and key of a [`Dedupe`](crate::delivery::Dedupe) | id and time of the notification that was added |
//! | lane and key of a [`Throttle`](crate::delivery::Throttle) | times of those added in the last span, number of those suppressed since |

#[cfg(feature = "store-contract")]
pub mod contract;
mod dead_letter;
mod forward;
mod item;
mod memory;

use std::time::Duration;

pub use self::{
    dead_letter::{DeadLetter, Failure, Loss},
    item::{Arrival, Begun, Claim, Claimed, Enqueued, Item, LanePending, Merge, Settlement, Wake},
    memory::MemoryStore,
};
use super::{BoxFuture, Envelope, Error};

/// Keeps the notifications of a [`Queue`](crate::queue::Queue); see the [module](self).
///
/// Object-safe. Every method is one transaction: it succeeds as a whole or has no effect. A failure is an error of kind
/// [`Store`](crate::ErrorKind::Store); the queue tries again later.
pub trait Store: Send + Sync {
    /// Adds a notification to a lane, after those of its urgency.
    ///
    /// - An id that is already known to the store is not accepted again ([`Enqueued::Known`]).
    /// - A notification that its [`Dedupe`](crate::delivery::Dedupe) or [`Throttle`](crate::delivery::Throttle) excludes
    ///   in this lane is not added ([`Enqueued::Suppressed`]). Those that a throttle excludes are counted, and the next
    ///   one with the key carries the [count](Item::suppressed); copies by the dedupe key are counted once. If a
    ///   notification becomes a dead letter, its dedupe key is free again.
    /// - `capacity` limits the notifications of all lanes together. If they are as many, the notification is refused
    ///   ([`Enqueued::Full`]), with one exception: an urgent one takes the place of the newest notification of any lane
    ///   that is not urgent, not being sent and not in a digest. That one becomes a dead letter
    ///   ([`Enqueued::Displaced`]).
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

    /// Claims a lane, unless another claim on it holds, and returns up to `max` of its items that are due, in
    /// [order](self#order). `max` is at least 1. If no item is due, the lane is not claimed.
    ///
    /// The claim holds until its lease ends and the lane is claimed again. An item whose attempt had begun under the
    /// earlier claim is then [interrupted](Item::interrupted). Items of the lane that have expired become dead letters.
    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>>;

    /// Ends a claim without a change. Has no effect on a claim that no longer holds, or under which an attempt has
    /// begun.
    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>>;

    /// Replaces claimed items by digests, and ends the claim: the members are removed from the order, and the digests
    /// take the position of the first of all members, in the given order.
    ///
    /// Returns `false`, without any change, if the claim does not hold, if an attempt has begun under it, or if one of
    /// the members is not among its items or is itself a digest.
    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>>;

    /// Records that an attempt begins for the item with this id, and sets the rest of the lease to `lease`.
    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Ends a claim with the outcome of one of its items. The attempt need not have begun: a robot without a free slot
    /// makes no request. Returns `false`, without any change, if the claim no longer holds, or the item is not among
    /// its items.
    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>>;

    /// Counts the notifications of a lane.
    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>>;

    /// Returns the lanes that have notifications, with their counts, sorted by name: also those that no queue serves
    /// any more.
    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>>;

    /// Returns the newest dead letters, newest first. A store keeps a limited number of them.
    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>>;

    /// Puts a dead letter back into its lane, after the others, with its attempts reset and without its expiry. Returns
    /// `None` if this id is not found. Displaces nothing.
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

    /// Calls `wake` soon after another process may have added a notification, until it returns `false`. A store that
    /// hears of nothing ignores it (the default): then, the [interval](Self::poll_interval) alone counts.
    fn watch(&self, wake: Wake) {
        drop(wake);
    }

    /// Returns the number of notifications that would be lost if the process ended now; `None` (the default) for a
    /// durable store.
    fn only_in_memory(&self) -> Option<usize> {
        None
    }
}
