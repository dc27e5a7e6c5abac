//! The task of one lane: takes what is due, sends it, and settles what became of it.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use super::{
    attempt::attempt,
    lane::{RunningLane, Wake},
    merge::{Plan, plan},
    shared::Shared,
    verdict::{Fate, Rest, Verdict, sends},
};
use crate::{
    Error, ErrorKind, Guarantee, Receipt, Urgency,
    store::{Begun, Claimed, Failure, Item, Loss, Merge, Settlement, Ticket},
};

/// After two failures in a row, whatever failed, the lane pauses, so that not everything that waits uses up its attempts while the
/// other side is down. Never for longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long to leave a store alone that has failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// How often to try to store what became of an attempt. Should that fail, the item comes back when its lease ends, and
/// is repeated with the same id.
const SETTLE_ATTEMPTS: u32 = 4;

/// As far in the future as a clock can tell for sure.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);

pub(super) struct Worker {
    shared: Arc<Shared>,
    lane: Arc<RunningLane>,
    /// Failures in a row that say nothing about the message.
    failures: u32,
    paused_until: Instant,
}

/// What to do after a step.
enum Next {
    Step,
    Sleep(Option<Duration>, Wake),
}

/// What to do with what was claimed.
enum Choice {
    SendFirst,
    Wait(Duration),
    Merge(Vec<Merge>),
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, lane: Arc<RunningLane>) -> Self {
        Self { shared, lane, failures: 0, paused_until: Instant::now() }
    }

    pub(super) async fn run(mut self) {
        while !self.shared.is_stopping() {
            match self.step().await {
                // Nothing may ever make us wait, and others share the thread.
                Ok(Next::Step) => yield_now().await,
                Ok(Next::Sleep(time, wake)) => self.sleep(time, wake).await,
                Err(error) => {
                    self.store_failed(&error);
                    self.sleep(Some(STORE_PAUSE), Wake::Signal).await;
                }
            }
        }
    }

    async fn sleep(&self, time: Option<Duration>, wake: Wake) {
        let time = time.into_iter().chain(self.shared.store.poll_interval()).min();
        let until = time.map(|time| Instant::now() + time.min(FAR_FUTURE));
        self.lane.sleep(until, wake).await;
    }

    fn store_failed(&self, error: &Error) {
        let kind = error.kind();
        tracing::warn!(name: "dingtalk.store_failed", lane = self.lane.name, ?kind, "the queue's store failed");
    }

    async fn step(&mut self) -> Result<Next, Error> {
        let shared = Arc::clone(&self.shared);
        let (store, settings) = (&shared.store, &shared.settings);
        let max = if settings.digest.is_some() { settings.capacity } else { 1 };
        let claimed = store.claim(&self.lane.name, max, settings.lease()).await?;
        shared.expired(&claimed.expired);
        if claimed.items.is_empty() {
            return Ok(Next::Sleep(claimed.next, Wake::Arrival));
        }
        let tickets: Vec<Ticket> = claimed.items.iter().map(|item| item.ticket.clone()).collect();
        match self.choose(&claimed).await? {
            Choice::Wait(time) => {
                store.release(&tickets).await?;
                Ok(wait(time, &claimed))
            }
            Choice::Merge(merges) => {
                self.merge(merges).await?;
                store.release(&tickets).await?;
                Ok(Next::Step)
            }
            Choice::SendFirst => {
                if tickets.len() > 1 {
                    store.release(&tickets[1..]).await?;
                }
                self.send(&claimed).await
            }
        }
    }

    async fn choose(&self, claimed: &Claimed) -> Result<Choice, Error> {
        let pause = self.paused_until.saturating_duration_since(Instant::now());
        if !pause.is_zero() {
            return Ok(Choice::Wait(pause));
        }
        let shared = &self.shared;
        let Some(policy) = &shared.settings.digest else { return Ok(Choice::SendFirst) };
        match plan(policy, &claimed.items, claimed.now, shared.is_in_a_hurry()) {
            Plan::First => Ok(Choice::SendFirst),
            Plan::Wait(time) => Ok(Choice::Wait(time)),
            Plan::Merge(merges) => {
                // A digest is made when it can leave: until then, more may come that belong into it.
                let free_in = shared.store.free_in(&self.lane.budget(Urgency::Normal)).await?;
                Ok(if free_in.is_zero() { Choice::Merge(merges) } else { Choice::Wait(free_in) })
            }
        }
    }

    async fn merge(&self, merges: Vec<Merge>) -> Result<(), Error> {
        let digests: Vec<(String, usize)> =
            merges.iter().map(|merge| (merge.digest.id.clone(), merge.members.len())).collect();
        if self.shared.store.merge(merges).await? {
            for (id, notifications) in digests {
                tracing::debug!(name: "dingtalk.merged", lane = self.lane.name, id, notifications, "merged");
            }
        }
        Ok(())
    }

    /// Sends the first of what was claimed.
    async fn send(&mut self, claimed: &Claimed) -> Result<Next, Error> {
        let Some(item) = claimed.items.first() else { return Ok(Next::Step) };
        let settings = &self.shared.settings;
        if item.interrupted && settings.rules.guarantee == Guarantee::AtMostOnce {
            let error = Error::new(ErrorKind::Unknown, "its attempt was interrupted");
            self.give_up(item, 0, Loss::Unknown, &error, item.attempts).await;
            self.shared.settled.notify_waiters();
            return Ok(Next::Step);
        }
        let budget = self.lane.budget(item.envelope.urgency);
        let number = match self.shared.store.begin(&item.ticket, &budget, settings.lease()).await? {
            Begun::Started(number) => number,
            Begun::Lost => return Ok(Next::Step),
            Begun::Wait(time) => {
                self.shared.store.release(std::slice::from_ref(&item.ticket)).await?;
                return Ok(wait(time, claimed));
            }
        };
        let mut envelope = item.envelope.clone();
        if self.lane.named {
            envelope.robot = None;
        }
        match attempt(&*self.lane.deliver, envelope, settings.attempt_timeout).await {
            Ok(receipt) => self.delivered(item, &receipt).await,
            Err(error) => self.failed(item, number, &error).await,
        }
        self.shared.settled.notify_waiters();
        Ok(Next::Step)
    }

    async fn delivered(&mut self, item: &Item, receipt: &Receipt) {
        self.failures = 0;
        self.settle(&item.ticket, receipt.attempts.max(1), Settlement::Delivered).await;
    }

    async fn failed(&mut self, item: &Item, number: u32, error: &Error) {
        // What may have arrived in a digest must not come again outside of it.
        let separable = !item.members.is_empty() && !item.may_have_arrived;
        let Verdict { item: fate, rest } = self.shared.settings.rules.judge(error, number, separable);
        if let Some(rest) = rest {
            self.rest(rest, error.kind()).await;
        }
        let sends = sends(error);
        match fate {
            Fate::Again(after) => {
                self.pause_after_failures();
                self.defer(item, sends, after, true, error).await;
            }
            // It keeps its turn: nothing leaves before it that was not urgent, for the robot rests.
            Fate::AfterRest => self.defer(item, sends, Duration::ZERO, false, error).await,
            Fate::Dead(loss) => self.give_up(item, sends, loss, error, number).await,
            Fate::Unmerge => {
                self.settle(&item.ticket, sends, Settlement::Unmerged).await;
                let (lane, id, kind) = (&self.lane.name, &item.envelope.id, error.kind());
                let notifications = item.members.len();
                tracing::warn!(
                    name: "dingtalk.unmerged", lane, id, ?kind, notifications,
                    "a digest was refused; what it held is sent one by one"
                );
            }
        }
    }

    fn pause_after_failures(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.failures > 1 {
            let delay = self.shared.settings.rules.schedule.delay(self.failures - 1).min(LONGEST_PAUSE);
            self.paused_until = Instant::now() + delay;
        }
    }

    async fn rest(&self, rest: Rest, kind: ErrorKind) {
        let lanes = self.shared.lanes.values().filter(|lane| rest.all || lane.name == self.lane.name);
        for lane in lanes {
            if let Err(error) = self.shared.store.rest(lane.budget_key(), rest.length).await {
                self.store_failed(&error);
            }
            let pause_ms = u64::try_from(rest.length.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(name: "dingtalk.lane_paused", lane = lane.name, ?kind, pause_ms, "the lane pauses");
        }
    }

    async fn defer(&self, item: &Item, sends: u32, after: Duration, counts: bool, error: &Error) {
        let may_have_arrived = crate::Retry::SameId == error.retry();
        let failure = Failure::from(error);
        let settlement = Settlement::Deferred { after, counts, may_have_arrived, failure };
        if self.settle(&item.ticket, sends, settlement).await {
            let (lane, id, kind) = (&self.lane.name, &item.envelope.id, error.kind());
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(name: "dingtalk.deferred", lane, id, ?kind, after_ms, "another attempt later");
        }
    }

    async fn give_up(&self, item: &Item, sends: u32, loss: Loss, error: &Error, attempts: u32) {
        let kind = error.kind();
        let may_have_arrived = kind == ErrorKind::Unknown;
        let settlement = Settlement::Dead { loss, may_have_arrived, failure: Failure::from(error) };
        let notifications = item.members.len().max(1);
        if self.settle(&item.ticket, sends, settlement).await {
            self.shared.lose(loss, notifications);
            let (lane, id) = (&self.lane.name, &item.envelope.id);
            tracing::warn!(
                name: "dingtalk.dead_letter", lane, id, %loss, ?kind, attempts, notifications, "given up"
            );
        }
    }

    /// Whether it was settled: somebody else may have claimed it after our lease.
    async fn settle(&self, ticket: &Ticket, sends: u32, settlement: Settlement) -> bool {
        for attempt in 1..=SETTLE_ATTEMPTS {
            match self.shared.store.settle(ticket, sends, settlement.clone()).await {
                Ok(held) => return held,
                Err(error) => self.store_failed(&error),
            }
            if attempt < SETTLE_ATTEMPTS {
                sleep(STORE_PAUSE).await;
            }
        }
        false
    }
}

/// Sleeps before what was claimed can be sent; what expires in the meantime is not forgotten.
fn wait(time: Duration, claimed: &Claimed) -> Next {
    let time = claimed.next.map_or(time, |next| next.min(time));
    Next::Sleep(Some(time), Wake::Signal)
}
