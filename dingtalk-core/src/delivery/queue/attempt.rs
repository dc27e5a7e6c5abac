//! One delivery, protected from hanging and from panics, and the mark of its attempt.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::{sync::OnceCell, time::timeout};

use crate::{
    Deliver, Envelope, Error, ErrorKind, Receipt,
    delivery::{Attempt, AttemptMark, BoxFuture},
    queue::store::{Begun, Claim, Store},
};

/// The record in the store that an attempt has begun for an item.
pub(super) struct Mark {
    store: Arc<dyn Store>,
    claim: Claim,
    /// Id of the item.
    id: String,
    lease: Duration,
    /// Set as soon as the store may have recorded the attempt.
    asked: AtomicBool,
    begun: OnceCell<Begun>,
}

impl Mark {
    pub(super) fn new(store: Arc<dyn Store>, claim: Claim, id: String, lease: Duration) -> Self {
        Self { store, claim, id, lease, asked: AtomicBool::new(false), begun: OnceCell::new() }
    }

    /// Returns `false` only if no request was made.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Returns the answer of the store, if there is one.
    pub(super) fn begun(&self) -> Option<Begun> {
        self.begun.get().copied()
    }
}

impl AttemptMark for Mark {
    fn begin(&self, _: Attempt) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.asked.store(true, Ordering::Release);
            match self.begun.get_or_try_init(|| self.store.begin(&self.claim, &self.id, self.lease)).await? {
                Begun::Started(_) => Ok(()),
                Begun::Lost => Err(Error::new(ErrorKind::Store, "the claim on the lane has ended")),
            }
        })
    }
}

/// Delivers within `limit`, or returns `None` as soon as `stop` is ready. A panic is a failure with an unknown outcome.
pub(super) async fn attempt(
    deliver: &dyn Deliver,
    envelope: Envelope,
    limit: Duration,
    stop: impl Future<Output = ()>,
) -> Option<Result<Receipt, Error>> {
    let panicked = || Error::new(ErrorKind::Unknown, "the delivery panicked");
    // A panic can only leave the deliverer's own state half changed.
    let Ok(mut delivery) = catch_unwind(AssertUnwindSafe(|| deliver.deliver(envelope))) else {
        return Some(Err(panicked()));
    };
    let mut stop = pin!(stop);
    let guarded =
        poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| delivery.as_mut().poll(context))) {
            Ok(Poll::Ready(result)) => Poll::Ready(Some(result)),
            Ok(Poll::Pending) => stop.as_mut().poll(context).map(|()| None),
            Err(_) => Poll::Ready(Some(Err(panicked()))),
        });
    match timeout(limit, guarded).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = limit.as_secs_f64();
            Some(Err(Error::new(ErrorKind::Unknown, format!("the delivery had not ended after {seconds} s"))))
        }
    }
}
