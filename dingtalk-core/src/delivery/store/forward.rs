//! Stores behind references.

use std::{sync::Arc, time::Duration};

use super::{Begun, Claim, Claimed, DeadLetter, Enqueued, LanePending, Merge, Settlement, Store, Wake};
use crate::{Envelope, Error, delivery::BoxFuture};

impl<S: Store + ?Sized> Store for Arc<S> {
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>> {
        (**self).enqueue(lane, envelope, capacity)
    }

    fn enqueue_now(
        &self,
        lane: &str,
        envelope: Envelope,
        capacity: usize,
    ) -> Option<Result<Enqueued, Error>> {
        (**self).enqueue_now(lane, envelope, capacity)
    }

    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>> {
        (**self).claim(lane, max, lease)
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        (**self).release(claim)
    }

    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        (**self).merge(claim, merges)
    }

    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        (**self).begin(claim, id, lease)
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        (**self).settle(claim, id, settlement)
    }

    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        (**self).pending(lane)
    }

    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        (**self).lanes()
    }

    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        (**self).dead_letters(max)
    }

    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        (**self).redeliver(id, capacity)
    }

    fn poll_interval(&self) -> Option<Duration> {
        (**self).poll_interval()
    }

    fn watch(&self, wake: Wake) {
        (**self).watch(wake);
    }

    fn only_in_memory(&self) -> Option<usize> {
        (**self).only_in_memory()
    }
}
