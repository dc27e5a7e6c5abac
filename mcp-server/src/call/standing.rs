//! The state of a message that a durable queue has accepted.

#![cfg_attr(not(feature = "program"), allow(dead_code, reason = "only the command line has a queue"))]

use std::{fmt, time::Duration};

use dingtalk_core::{Error, ErrorKind, delivery::BoxFuture};

/// The state of a message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits.
    Waiting(Waiting),
    /// A request is being made.
    Sending,
    /// DingTalk accepted it.
    Delivered {
        /// Time since then.
        age: Duration,
    },
    /// It was given up.
    Failed(Failed),
    /// An operator removed it from the queue.
    Removed,
    /// The queue does not know it: it never had it, or has forgotten it.
    Unknown,
}

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    /// Name of the robot, if it has one here.
    pub(crate) robot: Option<String>,
    /// Position among the messages of the robot, from 1; `None` while it waits for another attempt.
    pub(crate) position: Option<usize>,
    /// Time until it is sent, approximately.
    pub(crate) wait: Option<Duration>,
    /// Failure of the last attempt.
    pub(crate) failure: Option<String>,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(1) => f.write_str("it is the next message of its robot")?,
            Some(position) => write!(f, "it is number {position} of its robot's waiting messages")?,
            None => f.write_str("it waits for another attempt")?,
        }
        if let Some(wait) = self.wait {
            write!(f, "; about {} s to wait", wait.as_secs() + u64::from(wait.subsec_nanos() > 0))?;
        }
        Ok(())
    }
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Kind of the last failure.
    pub(crate) kind: ErrorKind,
    /// The last failure with its advice, without anything of the message.
    pub(crate) text: String,
    /// Set if it may have arrived.
    pub(crate) may_have_arrived: bool,
    /// Time since it was given up.
    pub(crate) age: Duration,
}

/// A queue that knows the messages which it has accepted.
pub(crate) trait Accepted: Send + Sync {
    /// Returns the state of a message.
    ///
    /// # Errors
    ///
    /// Fails if the store of the queue cannot be read.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>>;
}
