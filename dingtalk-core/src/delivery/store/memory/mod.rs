//! A store that is lost when the process ends.

mod entry;
mod known;
mod lane;
mod rules;
mod state;

use std::{
    fmt,
    future::ready,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use self::state::State;
use super::{Begun, Claim, Claimed, DeadLetter, Enqueued, LanePending, Merge, Settlement, Store};
use crate::{Envelope, Error, delivery::BoxFuture};

/// Default number of dead letters that are kept.
const DEAD_LETTERS: usize = 1000;

/// Keeps notifications in memory. It never fails and never waits.
///
/// It remembers the ids of the last 10,000 finished notifications, so that none is accepted again.
///
/// ```
/// use dingtalk_core::{
///     Envelope, Message,
///     queue::store::{Enqueued, MemoryStore, Store},
/// };
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let store = MemoryStore::new();
/// let envelope = Envelope::new(Message::text("Disk is full"));
/// assert_eq!(store.enqueue("ops", envelope.clone(), 1000).await?, Enqueued::Added);
/// assert_eq!(store.enqueue("ops", envelope, 1000).await?, Enqueued::Known);
/// assert_eq!(store.pending("ops").await?.waiting, 1);
/// # Ok(()) }
/// ```
pub struct MemoryStore {
    state: Mutex<State>,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl MemoryStore {
    /// Creates an empty store. Its clock is the process's monotonic clock, set to the system's time once, at creation:
    /// later changes of the system's clock have no effect.
    pub fn new() -> Self {
        let (start, at) = (Instant::now(), SystemTime::now());
        Self { state: Mutex::new(State::new(DEAD_LETTERS)), clock: Box::new(move || at + start.elapsed()) }
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(now);
        self
    }

    /// Sets the number of dead letters to keep; 1,000 unless set. The oldest are removed first.
    #[must_use]
    pub fn dead_letter_capacity(mut self, newest: usize) -> Self {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).set_dead_letter_capacity(newest);
        self
    }

    /// Returns the time since 1970.
    fn now(&self) -> Duration {
        (self.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    /// Held only briefly, never across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("notifications", &self.state().notifications())
            .finish_non_exhaustive()
    }
}

/// Returns a future that is ready immediately.
fn done<'a, T: Send + 'a>(result: T) -> BoxFuture<'a, Result<T, Error>> {
    Box::pin(ready(Ok(result)))
}

impl Store for MemoryStore {
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>> {
        done(self.state().enqueue(lane, envelope, capacity, self.now()))
    }

    fn enqueue_now(
        &self,
        lane: &str,
        envelope: Envelope,
        capacity: usize,
    ) -> Option<Result<Enqueued, Error>> {
        Some(Ok(self.state().enqueue(lane, envelope, capacity, self.now())))
    }

    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>> {
        done(self.state().claim(lane, max, lease, self.now()))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        self.state().release(claim);
        done(())
    }

    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        done(self.state().merge(claim, merges, self.now()))
    }

    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        done(self.state().begin(claim, id, lease, self.now()))
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        done(self.state().settle(claim, id, settlement, self.now()))
    }

    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        done(self.state().pending(lane))
    }

    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        done(self.state().lanes())
    }

    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        done(self.state().dead_letters(max))
    }

    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        done(self.state().redeliver(id, capacity, self.now()))
    }

    fn only_in_memory(&self) -> Option<usize> {
        Some(self.state().notifications())
    }
}
