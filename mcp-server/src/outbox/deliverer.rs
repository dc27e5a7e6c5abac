//! Delivery of what the store has, for as long as the process runs.

use std::{future::Future, sync::Arc, time::Duration};

use dingtalk_core::{
    Error,
    queue::{Pending, Queue},
};
use dingtalk_outbox::{
    Outbox,
    outbox::{Dispatcher, Service, Serving},
};
use tokio::time::{sleep, timeout};
use ulid::Ulid;

use super::Lane;

/// Time that deliveries have after the process was told to stop.
const STOP: Duration = Duration::from_secs(10);

/// Time for which a detached process waits for more notifications after the last one.
const LINGER: Duration = Duration::from_secs(2);

/// Beginning of the owner's name of detached processes.
const DETACHED: &str = "detached ";

/// End of a deliverer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// It runs until it is told to stop.
    Stopped,
    /// It also ends when nothing is left in its lanes.
    Drained,
    /// As before, beside at most one such process for a store; a notification that is queued at the end is delivered.
    Detached,
}

/// A queue that delivers, known to other processes as a dispatcher.
pub(crate) struct Deliverer {
    queue: Queue,
    outbox: Arc<dyn Outbox>,
    /// Names of its lanes in the store.
    lanes: Vec<String>,
    /// Name under which other processes see it.
    owner: String,
}

impl Deliverer {
    pub(crate) fn new(queue: Queue, outbox: Arc<dyn Outbox>, lanes: &[Lane]) -> Self {
        let owner = format!("outbox run, process {}", std::process::id());
        Self { queue, outbox, lanes: lanes.iter().map(Lane::key).collect(), owner }
    }

    /// Delivers until the end. Returns the notifications that are left, which stay in the store.
    ///
    /// # Errors
    ///
    /// The store cannot be used.
    pub(crate) async fn run(
        mut self,
        until: Until,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Pending>, Error> {
        let stop = std::pin::pin!(stop);
        let told = match until {
            Until::Stopped => {
                let serving = self.register().await?;
                stop.await;
                drop(serving);
                true
            }
            Until::Drained => {
                let serving = self.register().await?;
                let told = self.drain(stop).await;
                drop(serving);
                told
            }
            Until::Detached => {
                // Others recognise it by its name.
                self.owner = format!("{DETACHED}{}, process {}", Ulid::generate(), std::process::id());
                self.run_alone(stop).await?
            }
        };
        let time = if told { STOP } else { Duration::ZERO };
        Ok(self.queue.shutdown(time).await.err())
    }

    async fn register(&self) -> Result<Option<Serving>, Error> {
        self.outbox.serve(Service::new(&*self.owner, &self.lanes)).await
    }

    /// Waits until nothing is left; returns `true` if the process was told to stop before that.
    async fn drain(&self, stop: impl Future<Output = ()>) -> bool {
        let drained = async { while self.queue.drain(Duration::MAX).await.is_err() {} };
        tokio::select! {
            biased;
            () = stop => true,
            () = drained => false,
        }
    }

    /// Delivers until nothing is left, unless another detached process does.
    ///
    /// A sender stores its notification, and looks for a dispatcher then. This process removes its registration, and
    /// looks for notifications then. So one of both sees the other, whatever happens between.
    async fn run_alone(&self, stop: impl Future<Output = ()>) -> Result<bool, Error> {
        let mut stop = std::pin::pin!(stop);
        loop {
            let Some(serving) = self.register_alone().await? else { return Ok(false) };
            loop {
                if self.drain(stop.as_mut()).await {
                    return Ok(true);
                }
                sleep(LINGER).await;
                if self.queue.pending().await?.is_empty() {
                    break;
                }
            }
            drop(serving);
            self.wait_until_unknown().await?;
            if self.queue.pending().await?.is_empty() {
                return Ok(false);
            }
        }
    }

    /// Registers this process, unless another detached one serves all of its lanes. That one has yet to look for
    /// notifications when it ends.
    async fn register_alone(&self) -> Result<Option<Serving>, Error> {
        loop {
            let service = || Service::new(&*self.owner, &self.lanes);
            if let Some(serving) = self.outbox.serve(service().alone(true)).await? {
                return Ok(Some(serving));
            }
            let others = self.outbox.dispatchers().await?;
            let detached = |other: &&Dispatcher| other.alone || other.owner.starts_with(DETACHED);
            if others.iter().filter(detached).any(|other| serves_all(other, &self.lanes)) {
                return Ok(None);
            }
            // Another one serves other robots of the same store. If there is none, it has ended just now.
            if others.iter().any(|other| other.alone) {
                return self.outbox.serve(service()).await;
            }
        }
    }

    /// Waits until other processes no longer see the registration, in case its removal had to wait for a lock.
    async fn wait_until_unknown(&self) -> Result<(), Error> {
        const TRIES: u32 = 50;

        for _ in 0..TRIES {
            if self.outbox.dispatchers().await?.iter().all(|other| other.owner != self.owner) {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

/// Reports whether a dispatcher serves all of these lanes.
fn serves_all(dispatcher: &Dispatcher, lanes: &[String]) -> bool {
    lanes.iter().all(|lane| dispatcher.lanes.contains(lane))
}

/// Reports whether a running process delivers the notifications of this lane.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn is_served(outbox: &dyn Outbox, lane: &str) -> Result<bool, Error> {
    let dispatchers = outbox.dispatchers().await?;
    Ok(dispatchers.iter().any(|dispatcher| dispatcher.lanes.iter().any(|served| served == lane)))
}

/// Waits until a running process delivers the notifications of this lane, or returns `false` after a time.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn becomes_served(outbox: &dyn Outbox, lane: &str, within: Duration) -> Result<bool, Error> {
    const INTERVAL: Duration = Duration::from_millis(20);

    let served = async {
        while !is_served(outbox, lane).await? {
            sleep(INTERVAL).await;
        }
        Ok(true)
    };
    timeout(within, served).await.unwrap_or(Ok(false))
}
