//! One delivery that neither hangs nor takes its lane with it.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

use tokio::time::timeout;

use crate::{Deliver, Envelope, Error, ErrorKind, Receipt};

/// Delivers, but takes no longer than `limit`. A panic is a failure like any other: nobody knows how far it came.
pub(super) async fn attempt(
    deliver: &dyn Deliver,
    envelope: Envelope,
    limit: Duration,
) -> Result<Receipt, Error> {
    let panicked = || Error::new(ErrorKind::Unknown, "the delivery panicked");
    // Whatever was left half changed is the deliverer's own; each of its calls may find it so.
    let Ok(mut delivery) = catch_unwind(AssertUnwindSafe(|| deliver.deliver(envelope))) else {
        return Err(panicked());
    };
    let guarded =
        poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| delivery.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(Err(panicked())),
        });
    match timeout(limit, guarded).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = limit.as_secs_f64();
            Err(Error::new(ErrorKind::Unknown, format!("the delivery had not ended after {seconds} s")))
        }
    }
}
