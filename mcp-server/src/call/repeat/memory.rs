//! The table of calls in memory: known to one process, and forgotten with it.

use std::{
    collections::{HashMap, VecDeque},
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dingtalk_core::{Error, Receipt, delivery::BoxFuture};
use tokio::time::Instant;

use super::{
    key::{Identity, Key},
    table::{Decision, Earlier, Ending, Granted, Known, QUEUED_WINDOW, Table, Turn, UNKNOWN_WINDOW, WINDOW},
};

/// Number of calls remembered: an hour at DingTalk's rate, in about 200 kB.
pub(super) const CAPACITY: usize = 1_200;

/// The calls that this process remembers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) known: HashMap<Key, Call>,
    /// Oldest first. A repeated call occurs twice.
    pub(super) order: VecDeque<(Key, Instant)>,
}

#[derive(Debug)]
pub(super) enum Call {
    Delivered { receipt: Box<Receipt>, at: Instant },
    Unknown { id: String, at: Instant },
    Queued { id: String, at: Instant },
}

impl Call {
    /// Returns the time of its end, and the time for which it is remembered.
    fn remembered(&self) -> (Instant, Duration) {
        match self {
            Self::Delivered { at, .. } => (*at, WINDOW),
            Self::Unknown { at, .. } => (*at, UNKNOWN_WINDOW),
            Self::Queued { at, .. } => (*at, QUEUED_WINDOW),
        }
    }
}

impl Memory {
    /// Locks the calls: briefly, never across an await, and never left half changed.
    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, key: Key, id: &str, settled: Option<&str>) -> Decision {
        let now = Instant::now();
        let mut calls = self.calls();
        calls.forget(now);
        let (id, since) = match calls.known.get(&key) {
            Some(Call::Delivered { receipt, at }) if now < *at + WINDOW => {
                return Decision::Duplicate(receipt.clone(), now - *at);
            }
            Some(Call::Queued { id, at }) if now < *at + QUEUED_WINDOW && settled != Some(id) => {
                return Decision::Queued(id.clone(), now - *at);
            }
            Some(Call::Unknown { id, at }) if now < *at + UNKNOWN_WINDOW => (id.clone(), Some(*at)),
            _ => (id.to_owned(), None),
        };
        let turn = Box::new(MemoryTurn { memory: self.clone(), key, id: id.clone(), since });
        Decision::Send(Granted { id, earlier: since.map(|_| Earlier::default()), turn })
    }

    fn known(&self, key: Key) -> Known {
        let now = Instant::now();
        match self.calls().known.get(&key) {
            Some(Call::Delivered { at, .. }) if now < *at + WINDOW => Known::Delivered,
            Some(Call::Unknown { at, .. }) if now < *at + UNKNOWN_WINDOW => Known::Unknown,
            Some(Call::Queued { at, .. }) if now < *at + QUEUED_WINDOW => Known::Queued,
            _ => Known::Absent,
        }
    }
}

impl Table for Memory {
    fn is_shared(&self) -> bool {
        false
    }

    fn claim<'a>(
        &'a self,
        call: &'a Identity,
        id: &'a str,
        settled: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Decision, Error>> {
        Box::pin(ready(Ok(self.decide(call.key, id, settled))))
    }

    fn look<'a>(&'a self, call: &'a Identity) -> BoxFuture<'a, Result<Known, Error>> {
        Box::pin(ready(Ok(self.known(call.key))))
    }
}

#[derive(Debug)]
struct MemoryTurn {
    memory: Memory,
    key: Key,
    id: String,
    /// Time since which the message may have arrived, from an earlier call.
    since: Option<Instant>,
}

impl Turn for MemoryTurn {
    fn end(&mut self, ending: Ending<'_>) {
        let now = Instant::now();
        let id = self.id.clone();
        let remembered = match (ending, self.since) {
            (Ending::Delivered(receipt), _) => {
                Some((Call::Delivered { receipt: Box::new(receipt.clone()), at: now }, now))
            }
            (Ending::Unknown, _) => Some((Call::Unknown { id, at: now }, now)),
            (Ending::Queued, _) => Some((Call::Queued { id, at: now }, now)),
            // A message that was not sent this time does not extend the window.
            (Ending::NotSent, Some(since)) => Some((Call::Unknown { id, at: since }, since)),
            (Ending::NotSent, None) => None,
        };
        let mut calls = self.memory.calls();
        match remembered {
            Some((call, at)) => {
                calls.known.insert(self.key, call);
                calls.order.push_back((self.key, at));
            }
            None => {
                calls.known.remove(&self.key);
            }
        }
        calls.forget(now);
    }
}

impl Calls {
    /// Forgets expired calls, and the oldest ones beyond the capacity.
    fn forget(&mut self, now: Instant) {
        while let Some((key, at)) = self.order.front() {
            let (key, at) = (*key, *at);
            let known = self.known.get(&key).map(Call::remembered);
            let window = known.map_or(WINDOW, |(_, window)| window);
            // The call was repeated: it occurs further back.
            let stale = known.is_none_or(|(since, _)| since != at);
            if !stale && now < at + window && self.order.len() <= CAPACITY {
                return;
            }
            self.order.pop_front();
            if !stale {
                self.known.remove(&key);
            }
        }
    }
}
