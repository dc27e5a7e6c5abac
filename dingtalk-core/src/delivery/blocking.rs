//! Delivery for programs without an asynchronous run time.

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

/// Waits for a delivery instead of returning a future.
///
/// It owns a thread with a tokio runtime on it, in which all deliveries run; calls from several threads run at the
/// same time. Clones share the thread, which ends with the last of them.
///
/// A call blocks the thread that makes it, for up to the robot's [deadline](crate::delivery::RobotBuilder::deadline). It works
/// inside an asynchronous runtime, too, but blocks a thread of it, on which other tasks then stand still: there,
/// `await` the [`Robot`](crate::Robot) itself, or call this from `tokio::task::spawn_blocking`.
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
    /// Starts the thread. Fails if the system has none to give.
    pub fn new(deliver: impl Deliver + 'static) -> Result<Self, Error> {
        let no_thread = |_| Error::configuration("the system gives no thread to deliver on");
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let (give, take) = unbounded_channel();
        let run = move || runtime.block_on(run(Arc::new(deliver), take));
        thread::Builder::new().name("dingtalk".to_owned()).spawn(run).map_err(no_thread)?;
        Ok(Self(give))
    }

    /// Checks a notification, renders it and delivers it under a new id: see [`DeliverExt::send`](crate::DeliverExt::send).
    pub fn send<N: Notification + ?Sized>(&self, notification: &N) -> Result<Receipt, Error> {
        self.deliver(notification.envelope()?)
    }

    /// Delivers one envelope: see [`Deliver::deliver`].
    pub fn deliver(&self, envelope: Envelope) -> Result<Receipt, Error> {
        let id = envelope.id.clone();
        // Nobody answers only where the delivery itself has panicked, and then nobody knows.
        let lost = || Error::new(ErrorKind::Unknown, "the delivery ended without a result").with_id(&*id);
        let (done, result) = mpsc::channel();
        self.0.send(Job { envelope, done }).map_err(|_| lost())?;
        result.recv().map_err(|_| lost())?
    }
}

/// Delivers what comes until nobody is left to send.
async fn run(deliver: Arc<dyn Deliver>, mut jobs: UnboundedReceiver<Job>) {
    while let Some(Job { envelope, done }) = jobs.recv().await {
        let deliver = Arc::clone(&deliver);
        // A panic ends this delivery alone, and drops `done`. Nobody waits for a caller that is gone.
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
