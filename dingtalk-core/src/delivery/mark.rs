//! The mark of an attempt: a queue's record that one begins, made after its slot was taken and before its request.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{BoxFuture, Error, ErrorKind};

/// Longest time that a mark may take. The slot that waits for it is taken for a limited time.
pub(super) const MARK_LIMIT: Duration = Duration::from_secs(5);

/// Records that an attempt begins, so that a crash during its request is known afterwards.
///
/// A queue puts one into each [envelope](crate::Envelope::with_attempt_mark), and the robot that delivers it makes the mark
/// between the slot of its rate window and its request.
pub trait AttemptMark: Send + Sync {
    /// Records that an attempt begins. Called before each request of a delivery; only the first call has an effect.
    ///
    /// # Errors
    ///
    /// It was not recorded. Nothing may be sent.
    fn begin(&self) -> BoxFuture<'_, Result<(), Error>>;
}

/// The mark that an envelope carries, if it carries one.
#[derive(Clone, Default)]
pub(super) struct Mark(Option<Arc<dyn AttemptMark>>);

impl Mark {
    pub(super) fn new(mark: Arc<dyn AttemptMark>) -> Self {
        Self(Some(mark))
    }

    pub(super) async fn begin(&self) -> Result<(), Error> {
        let Some(mark) = &self.0 else { return Ok(()) };
        timeout(MARK_LIMIT, mark.begin()).await.unwrap_or_else(|_| {
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

/// Not a part of an envelope's content.
impl PartialEq for Mark {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Mark {}
