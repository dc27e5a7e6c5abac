//! The rate window of a robot: the span in which its requests are counted, and the seam for those who share it.
//!
//! A robot takes one slot of its [`Window`] for each HTTP request: for each attempt, and for each part of a message that
//! is split. Everything that sends through a robot (pools, queues, tools) shares its window. Unless
//! [set](crate::delivery::RobotBuilder::window), that is a [`RateWindow`] in memory, which the clones of one robot share; robots
//! and processes that use one token share a window that is kept where all of them can reach it.
//!
//! # Life of a slot
//!
//! ```text
//! join -> wait -> take ------> request ------> end: counts for a window from now on
//!   |                |            |----------> give_back: the server has seen nothing
//!   |-> leave <------|            |----------> nothing is said: ends when its time is over
//! ```
//!
//! A slot counts from the moment in which it is taken until a window after it has ended. One that nobody ends
//! (its process crashed) ends when the [time](SlotRequest::holds) is over for which it was taken.

mod guard;
mod log;
mod memory;
mod month;
mod pace;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::{
    guard::{Slot, Waiter},
    memory::RateWindow,
    pace::{Block, Pace},
};
use super::{BoxFuture, Error, ErrorKind, duration::in_words};
use crate::delivery::Urgency;

/// Grants the requests of a robot: at most so many in any window, in the order in which they were asked for, urgent ones
/// first, and none while the robot rests. See the [module](self).
///
/// Object-safe, and made for state that several processes share:
///
/// - [`take`](Self::take) and [`forecast`](Self::forecast) are asynchronous. A slot is committed before `take` returns
///   it.
/// - Everything else only hands over what has happened and returns at once, so that it can be called where a future is
///   dropped. It takes effect before anything that the same process asks for later. Each call names its waiter or
///   slot, and repeating it changes nothing. A window that has not stored it before the process ends loses nothing
///   but time: a waiter and a slot whose process is gone end by themselves.
///
/// [`Waiter`] and [`Slot`] make these calls when they are dropped; a deliverer of your own uses them.
pub trait Window: Send + Sync {
    /// Adds a waiter behind those of its urgency. It counts in every [forecast](Self::forecast) from now on.
    fn join(&self, urgency: Urgency) -> WaiterId;

    /// Removes a waiter. Called for each waiter that was not told of a slot, also while or after its `take` was dropped: a
    /// slot that was granted to it meanwhile is given back.
    fn leave(&self, waiter: WaiterId);

    /// Waits until the waiter is first and a slot is free, and takes it: the waiter is no more. If that takes longer
    /// than the request allows, returns [`Admission::TooLong`] as soon as that is known, and the waiter remains.
    ///
    /// # Errors
    ///
    /// The state cannot be read or written. Nothing is granted, and the waiter remains.
    fn take(&self, waiter: WaiterId, request: SlotRequest) -> BoxFuture<'_, Result<Admission, Error>>;

    /// Ends a slot whose request was made: it counts for another window.
    fn end(&self, slot: SlotId);

    /// Gives a slot back of whose request the server has seen nothing: the next waiter can have it at once.
    fn give_back(&self, slot: SlotId);

    /// Returns how long a message would wait that joined now, and let `ahead` others of its urgency go first.
    ///
    /// # Errors
    ///
    /// The state cannot be read.
    fn forecast(&self, urgency: Urgency, ahead: usize) -> BoxFuture<'_, Result<Forecast, Error>>;

    /// Lets the robot rest: nothing is granted for so long, and all waiters learn of it. A rest that ends later goes on.
    fn rest(&self, block: Block, rest: Duration);
}

/// A waiter of a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// A slot of a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u64);

/// The conditions under which a waiter takes a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlotRequest {
    /// Longest time to wait.
    pub patience: Duration,
    /// Longest time from taking the slot until the end of its request. A slot that is not ended by then has ended then.
    pub holds: Duration,
    /// Waits for no rest, however soon it ends: another robot can have the message.
    pub yields: bool,
}

impl SlotRequest {
    /// A request that waits at most `patience` and then lasts at most as long as `holds`.
    pub fn new(patience: Duration, holds: Duration) -> Self {
        Self { patience, holds, yields: false }
    }

    /// Waits for no rest.
    #[must_use]
    pub fn yielding(mut self, yields: bool) -> Self {
        self.yields = yields;
        self
    }
}

/// The answer to a waiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It has this slot.
    Granted(SlotId),
    /// It would have to wait for longer than it can.
    TooLong(Forecast),
}

/// The time until a message can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Forecast {
    /// The time, if each request ahead of it takes none.
    pub wait: Duration,
    /// The cause of the rest that is a part of it.
    pub block: Option<Block>,
}

impl Forecast {
    /// A wait of this length, and the cause of the rest in it.
    pub fn new(wait: Duration, block: Option<Block>) -> Self {
        Self { wait, block }
    }
}

/// The message would have had to wait for too long.
impl From<Forecast> for Error {
    fn from(forecast: Forecast) -> Self {
        let wait = in_words(forecast.wait);
        let (kind, cause) = match forecast.block {
            None => (ErrorKind::RateLimited, format!("its turn would have come after {wait}")),
            Some(block) => (block.kind(), format!("the robot rests for another {wait}")),
        };
        Self::new(kind, cause).with_retry_after(forecast.wait)
    }
}
