//! Delivery for programs without an asynchronous runtime.

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
};

use tokio::{
    runtime,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{Deliver, Envelope, Error, ErrorKind, Receipt};
use crate::Notification;

/// A delivery that blocks until the outcome is known, instead of returning a future.
///
/// All deliveries run on a thread of its own with a tokio runtime; calls from several threads run concurrently. Clones
/// share the thread, which ends when the last of them is dropped.
///
/// A call blocks the calling thread for up to the robot's [deadline](crate::delivery::RobotBuilder::deadline). In an
/// asynchronous runtime, it would stop the other tasks of that thread: use the [`Robot`](crate::Robot) itself there, or
/// call this from `tokio::task::spawn_blocking`.
///
/// ```no_run
/// use dingtalk_core::{Message, Robot, delivery::Blocking};
///
/// fn main() -> Result<(), dingtalk_core::Error> {
///     let robot = Blocking::new(Robot::from_env()?)?;
///     let receipt = robot.send(&Message::text("Disk is full"))?;
///     println!("delivered as {}", receipt.id);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Blocking(UnboundedSender<Job>);

struct Job {
    envelope: Envelope,
    done: mpsc::Sender<Result<Receipt, Error>>,
}

impl Blocking {
    /// Starts the thread. Fails if the system cannot create one.
    pub fn new(deliver: impl Deliver + 'static) -> Result<Self, Error> {
        let no_thread = |_| Error::configuration("the system cannot create a thread for deliveries");
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let (give, take) = unbounded_channel();
        let run = move || runtime.block_on(run(Arc::new(deliver), take));
        thread::Builder::new().name("dingtalk".to_owned()).spawn(run).map_err(no_thread)?;
        Ok(Self(give))
    }

    /// Checks a notification, renders it and delivers it under a new id; see
    /// [`DeliverExt::send`](crate::DeliverExt::send).
    pub fn send<N: Notification + ?Sized>(&self, notification: &N) -> Result<Receipt, Error> {
        self.deliver(notification.envelope()?)
    }

    /// Delivers one envelope; see [`Deliver::deliver`].
    pub fn deliver(&self, envelope: Envelope) -> Result<Receipt, Error> {
        let id = envelope.id.clone();
        // Without an answer, the delivery has panicked, and its outcome is unknown.
        let lost = || Error::new(ErrorKind::Unknown, "the delivery ended without a result").with_id(&*id);
        let (done, result) = mpsc::channel();
        self.0.send(Job { envelope, done }).map_err(|_| lost())?;
        result.recv().map_err(|_| lost())?
    }
}

/// Delivers jobs until all senders are dropped.
async fn run(deliver: Arc<dyn Deliver>, mut jobs: UnboundedReceiver<Job>) {
    while let Some(Job { envelope, done }) = jobs.recv().await {
        let deliver = Arc::clone(&deliver);
        // A panic ends this delivery only, and drops `done`. A caller that is gone does not receive the outcome.
        tokio::spawn(async move {
            let _ = done.send(deliver.deliver(envelope).await);
        });
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}
