//! Rate windows: the span in which a robot's requests are counted, and the interface for sharing it.
//!
//! A robot takes one slot of its [`Window`] for each HTTP request: for each attempt, and for each part of a split
//! message. All users of a robot (pools, queues, tools) share its window. Unless
//! [set](crate::delivery::RobotBuilder::window), it is a [`RateWindow`] in memory, shared by the clones of one robot.
//! Robots and processes with the same token share a window that all of them can access.
//!
//! # Life of a slot
//!
//! ```text
//! join -> wait -> take ------> request ------> end: counts for a window from now on
//!   |                |            |----------> give_back: the server has seen nothing
//!   |-> leave <------|            |----------> nothing is said: ends when its time is over
//! ```
//!
//! A slot counts from the moment it is taken until one window after its end. If a slot is never ended (its process
//! crashed), it ends after the [time](SlotRequest::holds) for which it was taken.

mod guard;
#[doc(hidden)]
pub mod log;
mod memory;
#[doc(hidden)]
pub mod month;
mod pace;

use std::{sync::Arc, time::Duration};

pub use self::{
    guard::{Slot, Waiter},
    memory::RateWindow,
    pace::{Block, Pace},
};
use super::{BoxFuture, Error, ErrorKind, RobotKey};
use crate::{delivery::Urgency, message::duration};

/// Grants a robot's requests: at most a fixed number in any window, in the order of arrival, urgent ones first, and
/// none while the robot rests. See the [module](self).
///
/// Object-safe, and suitable for state that several processes share:
///
/// - [`take`](Self::take) and [`forecast`](Self::forecast) are asynchronous. A slot is committed before `take` returns
///   it.
/// - All other methods only report events and return immediately, so that they can be called where a future is dropped.
///   They take effect before later requests of the same process. Each call names its waiter or slot, and repeating it
///   has no effect. If the process ends before an event is stored, only time is lost: waiters and slots of a process
///   that has ended expire.
///
/// [`Waiter`] and [`Slot`] make these calls when they are dropped; implementations of `Deliver` use them.
pub trait Window: Send + Sync {
    /// Adds a waiter after those of its urgency. It counts in every [forecast](Self::forecast) from now on.
    fn join(&self, urgency: Urgency) -> WaiterId;

    /// Removes a waiter. Called for each waiter that has not received a slot, even while or after its `take` was
    /// dropped: a slot that was granted to it in the meantime is given back.
    fn leave(&self, waiter: WaiterId);

    /// Waits until the waiter is first and a slot is free, takes the slot and removes the waiter. If that takes longer
    /// than the request allows, returns [`Admission::TooLong`] as soon as this is known, and keeps the waiter.
    ///
    /// # Errors
    ///
    /// Fails if the state cannot be read or written. Then nothing is granted, and the waiter remains.
    fn take(&self, waiter: WaiterId, request: SlotRequest) -> BoxFuture<'_, Result<Admission, Error>>;

    /// Ends a slot whose request was made. It counts for another window.
    fn end(&self, slot: SlotId, end: SlotEnd);

    /// Gives back a slot whose request did not reach the server. The next waiter can take it immediately.
    fn give_back(&self, slot: SlotId);

    /// Returns how long a message would wait if it joined now, with `ahead` others of its urgency before it.
    ///
    /// # Errors
    ///
    /// Fails if the state cannot be read.
    fn forecast(&self, urgency: Urgency, ahead: usize) -> BoxFuture<'_, Result<Forecast, Error>>;

    /// Begins a rest, during which nothing is granted, and informs all waiters. A rest that ends later continues.
    fn rest(&self, block: Block, rest: Duration);
}

/// Source of the windows of all robots that a program uses; see [`RobotBuilder::windows`](super::RobotBuilder::windows).
pub trait Windows: Send + Sync {
    /// Returns the window of a robot. Opens nothing: a program may create robots that it never uses.
    fn window(&self, robot: &RobotKey, pace: &Pace) -> Arc<dyn Window>;
}

/// Outcome of the request of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlotEnd {
    /// DingTalk accepted the message.
    Delivered,
    /// DingTalk refused it.
    Refused,
    /// The message may have arrived.
    Unknown,
}

/// A waiter of a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// A slot of a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u64);

/// Conditions under which a waiter takes a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlotRequest {
    /// Maximum time to wait.
    pub patience: Duration,
    /// Maximum time from taking the slot until the end of its request. A slot that has not ended by then expires.
    pub holds: Duration,
    /// Set if the waiter gives up during a rest, even a short one, because another robot can send the message.
    pub yields: bool,
}

impl SlotRequest {
    /// Creates a request that waits at most `patience` and then takes at most `holds`.
    pub fn new(patience: Duration, holds: Duration) -> Self {
        Self { patience, holds, yields: false }
    }

    /// Sets whether the waiter gives up during a rest.
    #[must_use]
    pub fn yielding(mut self, yields: bool) -> Self {
        self.yields = yields;
        self
    }
}

/// Answer to a waiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The slot that was granted.
    Granted(SlotId),
    /// The wait would be longer than allowed.
    TooLong(Forecast),
}

/// Time until a message can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Forecast {
    /// Length of the wait, if the requests before it take no time.
    pub wait: Duration,
    /// Cause of the rest that is part of the wait.
    pub block: Option<Block>,
}

impl Forecast {
    /// Creates a forecast of a wait with the cause of its rest.
    pub fn new(wait: Duration, block: Option<Block>) -> Self {
        Self { wait, block }
    }
}

/// Converts the forecast of a wait that would be too long.
impl From<Forecast> for Error {
    fn from(forecast: Forecast) -> Self {
        let wait = duration(forecast.wait);
        let (kind, cause) = match forecast.block {
            None => (ErrorKind::RateLimited, format!("a slot is free only after {wait}")),
            Some(block) => (block.kind(), format!("the robot rests for another {wait}")),
        };
        Self::new(kind, cause).with_retry_after(forecast.wait)
    }
}
