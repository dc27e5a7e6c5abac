//! Progress of a delivery: tells a caller that cancelled it whether the message may have arrived.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// Reports whether the message of an envelope may have been sent, even after its delivery was cancelled. Shared by all
/// clones of the envelope.
///
/// ```
/// use dingtalk_core::{Deliver, Envelope, Message, Robot};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let robot = Robot::builder("0123abcd").base_url("http://127.0.0.1:9").build()?;
/// let envelope = Envelope::new(Message::text("Disk is full"));
/// let progress = envelope.progress();
/// assert!(!progress.is_unsent()); // not known yet
/// let _ = robot.deliver(envelope).await; // connection refused
/// assert!(progress.is_unsent());
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct SendProgress(Arc<AtomicU8>);

/// No delivery has reported its progress.
const UNREPORTED: u8 = 0;
const UNSENT: u8 = 1;
const SENT: u8 = 2;

impl SendProgress {
    /// Returns `true` if nothing was sent. Returns `false` during and after a request, and if the delivery does not
    /// report its progress; a [`Robot`](crate::Robot) does.
    pub fn is_unsent(&self) -> bool {
        self.0.load(Ordering::Acquire) == UNSENT
    }

    /// Reports that the delivery has begun and that nothing has been sent.
    pub(crate) fn start(&self) {
        // An earlier request may have been sent; this cannot be undone.
        let _ = self.0.compare_exchange(UNREPORTED, UNSENT, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Reports that a request begins. If the guard is dropped, the message may have arrived.
    pub(crate) fn begin_request(&self) -> Request<'_> {
        Request { progress: self, before: self.0.swap(SENT, Ordering::AcqRel) }
    }
}

/// One request.
pub(crate) struct Request<'a> {
    progress: &'a SendProgress,
    before: u8,
}

impl Request<'_> {
    /// Reports that the request did not arrive: the progress is as before the request.
    pub(crate) fn did_not_arrive(self) {
        self.progress.0.store(self.before, Ordering::Release);
    }
}

impl fmt::Debug for SendProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendProgress").field("is_unsent", &self.is_unsent()).finish()
    }
}

/// Not part of an envelope's content: two envelopes with the same content are equal.
impl PartialEq for SendProgress {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SendProgress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_may_have_arrived_stays_so() {
        let progress = SendProgress::default();
        assert!(!progress.is_unsent());
        progress.start();
        assert!(progress.is_unsent());
        let request = progress.begin_request();
        assert!(!progress.is_unsent());
        request.did_not_arrive();
        assert!(progress.is_unsent());
        // Cancelled during a request.
        let _ = progress.begin_request();
        assert!(!progress.is_unsent());
        progress.begin_request().did_not_arrive();
        progress.start();
        assert!(!progress.is_unsent(), "a later attempt cannot undo an earlier one");
    }
}
