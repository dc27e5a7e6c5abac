//! Marks of attempts: a queue records that one begins after its slot was taken and before its request is made.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{BoxFuture, Error, ErrorKind, RobotKey};

/// Maximum time for making a mark. The slot that waits for it is taken for a limited time.
pub(super) const MARK_LIMIT: Duration = Duration::from_secs(5);

/// A record that an attempt begins, so that an interrupted request is known after a crash.
///
/// A queue puts one into each [envelope](crate::Envelope::with_attempt_mark). The robot makes the mark after it has
/// taken a slot of its rate window and before its request.
pub trait AttemptMark: Send + Sync {
    /// Records that an attempt begins. Called before each request of a delivery. A queue records only the first one.
    ///
    /// # Errors
    ///
    /// Fails if the attempt could not be recorded. Then nothing may be sent.
    fn begin(&self, attempt: Attempt) -> BoxFuture<'_, Result<(), Error>>;
}

/// An attempt that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Attempt {
    /// Robot that makes the request, if the delivery has one.
    pub robot: Option<RobotKey>,
    /// Number of parts that were delivered before. Zero for an undivided message.
    pub delivered: usize,
    /// Number of parts of the message; zero if it is not known.
    pub parts: usize,
}

/// Mark of an envelope, if it has one.
#[derive(Clone, Default)]
pub(super) struct Mark(Option<Arc<dyn AttemptMark>>);

impl Mark {
    pub(super) fn new(mark: Arc<dyn AttemptMark>) -> Self {
        Self(Some(mark))
    }

    pub(super) async fn begin(&self, attempt: Attempt) -> Result<(), Error> {
        let Some(mark) = &self.0 else { return Ok(()) };
        timeout(MARK_LIMIT, mark.begin(attempt)).await.unwrap_or_else(|_| {
            let seconds = MARK_LIMIT.as_secs();
            Err(Error::new(ErrorKind::Store, format!("the attempt was not recorded within {seconds} s")))
        })
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Mark" } else { "None" })
    }
}

/// Not part of an envelope's content.
impl PartialEq for Mark {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Mark {}
