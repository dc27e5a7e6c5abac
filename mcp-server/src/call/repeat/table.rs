//! The table of calls: its decisions, and the interface of its stores.

use std::{fmt, sync::Arc, time::Duration};

use dingtalk_core::{
    Error, Receipt,
    delivery::{AttemptMark, BoxFuture, DeliveredParts, RobotKey},
};

use super::key::Identity;

/// Time for which a delivered message is not sent again. The longest wait of widespread clients: they time out after 60
/// s.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Time for which the `msgUuid` of a message whose outcome is unknown is kept. DingTalk does not document how long it
/// recognises one.
pub(super) const UNKNOWN_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Time for which a message that a durable queue accepted is remembered: as long as the queue knows its id.
pub(super) const QUEUED_WINDOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A table of calls that have ended, and of those that other processes make.
pub(crate) trait Table: Send + Sync + fmt::Debug {
    /// Reports that other processes see the table, and that it outlives this one.
    fn is_shared(&self) -> bool;

    /// Decides on a call that is not in progress in this process. `id` is for a message that was never sent; `settled`
    /// is the id of a queued message of this call whose delivery has ended, so that the call is a new one.
    ///
    /// # Errors
    ///
    /// Fails if the table cannot be read or written. Then nothing may be sent.
    fn claim<'a>(
        &'a self,
        call: &'a Identity,
        id: &'a str,
        settled: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Decision, Error>>;

    /// Returns the state of a call.
    ///
    /// # Errors
    ///
    /// Fails if the table cannot be read.
    fn look<'a>(&'a self, call: &'a Identity) -> BoxFuture<'a, Result<Known, Error>>;
}

/// Decision on a call.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Send the message, and report its end.
    Send(Granted),
    /// Send nothing: the message was delivered this long ago.
    Duplicate(Box<Receipt>, Duration),
    /// Ask the queue, which accepted the message under this id, this long ago.
    Queued(String, Duration),
    /// Wait: another process delivers the message, under this id.
    Elsewhere(String),
    /// Send nothing: another message was sent under the id that the caller chose.
    OtherMessage,
}

/// State of a call in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Not known, or forgotten.
    Absent,
    /// A process that exists delivers the message.
    InProgress,
    Delivered,
    /// A queue has accepted the message.
    Queued,
    /// The delivery has ended, and the message may have arrived.
    Unknown,
    /// The process that delivered the message has ended without an outcome.
    Abandoned,
}

/// The right to send the message of a call.
#[derive(Debug)]
pub(crate) struct Granted {
    /// The id of the message.
    pub(crate) id: String,
    /// Set if the message may have arrived already, under this id.
    pub(crate) earlier: Option<Earlier>,
    pub(crate) turn: Box<dyn Turn>,
}

/// An earlier delivery of a message that may have arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Earlier {
    /// Robot of a pool through which it may have arrived.
    pub(crate) sender: Option<RobotKey>,
    pub(crate) delivered: Option<DeliveredParts>,
}

/// The end of a call that was granted. If it is dropped without one, the message may have arrived.
pub(crate) trait Turn: Send + Sync + fmt::Debug {
    /// Remembers the outcome. Takes effect before later claims of this process.
    fn end(&mut self, ending: Ending<'_>);

    /// Returns the mark of the message's attempts, if the table records them.
    fn mark(&self) -> Option<Arc<dyn AttemptMark>> {
        None
    }
}

/// Outcome of a call, as a table remembers it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending<'a> {
    Delivered(&'a Receipt),
    /// A durable queue has accepted the message.
    Queued,
    /// The message was not sent this time.
    NotSent,
    /// The message may have arrived.
    Unknown,
}
