//! The progress of a delivery: tells a caller that gave it up whether the message may have arrived.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// Reports whether the message of an envelope may have been sent, also after its delivery was given up. Shared by all
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

/// No delivery has reported anything.
const UNREPORTED: u8 = 0;
const UNSENT: u8 = 1;
const SENT: u8 = 2;

impl SendProgress {
    /// Returns `true` if nothing has arrived for certain. Returns `false` during and after a request, and if the delivery
    /// does not report it: a [`Robot`](crate::Robot) does.
    pub fn is_unsent(&self) -> bool {
        self.0.load(Ordering::Acquire) == UNSENT
    }

    /// The delivery has begun, and nothing is sent.
    pub(crate) fn start(&self) {
        // What was sent once stays so.
        let _ = self.0.compare_exchange(UNREPORTED, UNSENT, Ordering::AcqRel, Ordering::Acquire);
    }

    /// A request begins. If the guard is dropped, its message may have arrived.
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
    /// The request has certainly not arrived: everything is as before it.
    pub(crate) fn did_not_arrive(self) {
        self.progress.0.store(self.before, Ordering::Release);
    }
}

impl fmt::Debug for SendProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendProgress").field("is_unsent", &self.is_unsent()).finish()
    }
}

/// Not a part of an envelope's content: two envelopes with the same content are equal.
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
    fn what_may_have_arrived_stays_so() {
        let progress = SendProgress::default();
        assert!(!progress.is_unsent());
        progress.start();
        assert!(progress.is_unsent());
        let request = progress.begin_request();
        assert!(!progress.is_unsent());
        request.did_not_arrive();
        assert!(progress.is_unsent());
        // Given up during a request.
        let _ = progress.begin_request();
        assert!(!progress.is_unsent());
        progress.begin_request().did_not_arrive();
        progress.start();
        assert!(!progress.is_unsent(), "a later attempt cannot undo an earlier one");
    }
}
