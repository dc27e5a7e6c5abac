//! The task of one lane: claims the items that are due, sends them, and settles their outcomes.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use super::{
    attempt::{Mark, attempt},
    lane::{Lane, Wake},
    merge::{Merged, PLANNED, Plan, Times, held_for, plan},
    shared::Shared,
    verdict::{Fate, Rest, Verdict},
};
use crate::{
    Deliver as _, Envelope, Error, ErrorKind,
    delivery::{Attempt, AttemptMark as _, Guarantee, Retry, Urgency, duration::FAR_FUTURE},
    queue::DigestPolicy,
    queue::store::{Begun, Claim, Claimed, Failure, Item, Loss, Merge, Settlement},
};

/// Maximum pause of a lane after two failures in a row, of any kind. The pause keeps the waiting items from using up
/// their attempts while the server is down.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pause after a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Number of attempts to store an outcome. If all fail, the item is due again at the end of its lease, and its message
/// is repeated with the same id.
const SETTLE_ATTEMPTS: u32 = 4;

/// Maximum time for which a notification waits in the robot's window, and not in the queue: the maximum wait of a robot
/// with the default deadline.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

pub(super) struct Worker {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
    /// Failures in a row that were not caused by the message.
    failures: u32,
    /// Time of the next message, as first forecast.
    turn: Option<Instant>,
    /// Number of the lane's events before the current step.
    seen: u64,
    /// Some items wait for the next message, so the next ones are needed as well.
    holds: bool,
}

/// Next action of the worker after a step.
enum Next {
    Step,
    Sleep(Option<Duration>, Wake),
}

/// Decision on the claimed items.
enum Choice<'c> {
    Send(&'c Item),
    Wait(Duration),
    /// Wait, but not beyond the next arrival.
    Hold(Duration),
    Merge(Vec<Merge>),
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, lane: Arc<Lane>) -> Self {
        Self { shared, lane, failures: 0, turn: None, seen: 0, holds: false }
    }

    pub(super) async fn run(mut self) {
        while !self.shared.is_stopping() {
            self.seen = self.lane.events();
            match self.step().await {
                // Other tasks share the thread, and a step may never have to wait.
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
        let now = Instant::now();
        let idle_until = now + time.unwrap_or(FAR_FUTURE).min(FAR_FUTURE);
        self.lane.fall_asleep(self.seen, idle_until);
        self.shared.settled.notify_waiters();
        let time = time.into_iter().chain(self.shared.store.poll_interval()).min();
        let until = time.map(|time| now + time.min(FAR_FUTURE));
        self.lane.sleep(until, wake).await;
        self.lane.wake_up();
    }

    fn store_failed(&self, error: &Error) {
        let kind = error.kind();
        tracing::warn!(name: "dingtalk.store_failed", lane = self.lane.name, ?kind, "the queue's store failed");
    }

    async fn step(&mut self) -> Result<Next, Error> {
        let shared = Arc::clone(&self.shared);
        let (store, settings) = (&shared.store, &shared.settings);
        let max = if settings.digest.is_some() || self.holds { PLANNED } else { 1 };
        let mut claimed = store.claim(&self.lane.key, max, settings.lease()).await?;
        shared.given_up(&claimed.expired);
        for item in &mut claimed.items {
            settings.note_suppressed(item);
        }
        let (Some(claim), Some(first)) = (&claimed.claim, claimed.items.first()) else {
            return Ok(Next::Sleep(claimed.next, Wake::Arrival));
        };
        let holds = claimed.items.iter().any(|item| held_for(item, claimed.now).is_some());
        if holds && settings.digest.is_none() && !self.holds {
            self.holds = true;
            store.release(claim).await?;
            return Ok(Next::Step);
        }
        self.holds = holds;
        if let Some((item, error)) = self.refused(&claimed.items) {
            self.failed(claim, item, item.attempts, error).await;
            shared.settled.notify_waiters();
            return Ok(Next::Step);
        }
        match self.choose(&claimed, first).await {
            Choice::Wait(time) => {
                store.release(claim).await?;
                Ok(wait(time, &claimed, Wake::Signal))
            }
            Choice::Hold(time) => {
                store.release(claim).await?;
                Ok(wait(time, &claimed, Wake::Arrival))
            }
            Choice::Merge(merges) => {
                if !self.merge(claim, merges).await? {
                    store.release(claim).await?;
                }
                Ok(Next::Step)
            }
            Choice::Send(item) => self.send(claim, item).await,
        }
    }

    /// Returns the first item that its delivery refuses.
    fn refused<'i>(&self, items: &'i [Item]) -> Option<(&'i Item, Error)> {
        items.iter().find_map(|item| Some((item, self.lane.deliver.check(&item.envelope).err()?)))
    }

    async fn choose<'c>(&mut self, claimed: &'c Claimed, first: &'c Item) -> Choice<'c> {
        let pause = self.lane.paused_for();
        if !pause.is_zero() {
            return Choice::Wait(pause);
        }
        let shared = Arc::clone(&self.shared);
        // Urgent ones are first: if the first is not, none is waiting.
        if let Some(left) = shared.settings.quiet_for(first.envelope.urgency, claimed.now) {
            return Choice::Wait(left);
        }
        let Claimed { now, last_sent, .. } = *claimed;
        let times = Times { now, last_sent, hurry: shared.is_in_a_hurry() };
        let plan = match &shared.settings.digest {
            Some(policy) => plan(policy, Merged::All, &claimed.items, times),
            None if self.holds => {
                let policy = DigestPolicy { language: shared.settings.words.0, ..DigestPolicy::default() };
                plan(&policy, Merged::Held, &claimed.items, times)
            }
            None => None,
        };
        // A message is made when it can be sent: until then, notifications may arrive that belong in the same digest or
        // precede it.
        match plan.unwrap_or(Plan::Send(first)) {
            Plan::Wait(time) => Choice::Wait(time),
            Plan::Hold(time) => Choice::Hold(time),
            Plan::Send(item) => self.hold(&item.envelope).await.map_or(Choice::Send(item), Choice::Wait),
            Plan::Merge(merges) => match merges.first() {
                Some(digest) => match self.hold(&digest.digest).await {
                    Some(time) => Choice::Wait(time),
                    None => Choice::Merge(merges),
                },
                None => Choice::Send(first),
            },
        }
    }

    /// Returns the time for which to hold a message back; `None` if it is to be delivered now.
    ///
    /// A message is held back once, for the wait that the deliverer forecasts. If other senders have taken the slots by
    /// then, the message waits for the next slot in the robot's window: senders that bypass the queue must not delay it
    /// indefinitely.
    async fn hold(&mut self, envelope: &Envelope) -> Option<Duration> {
        // If the forecast fails, the delivery fails too, and reports the reason.
        let forecast = self.lane.deliver.forecast(envelope).await.unwrap_or_default();
        let now = Instant::now();
        let turn = *self.turn.get_or_insert(now + forecast.wait.min(FAR_FUTURE));
        let was_overtaken = turn <= now && forecast.block.is_none();
        let hold = if was_overtaken { forecast.wait.saturating_sub(LONGEST_WAIT) } else { forecast.wait };
        (!hold.is_zero()).then_some(hold)
    }

    async fn merge(&self, claim: &Claim, merges: Vec<Merge>) -> Result<bool, Error> {
        let digests: Vec<(String, usize)> =
            merges.iter().map(|merge| (merge.digest.id.clone(), merge.members.len())).collect();
        let done = self.shared.store.merge(claim, merges).await?;
        if done {
            for (id, notifications) in digests {
                tracing::debug!(name: "dingtalk.merged", lane = self.lane.name, id, notifications, "merged");
            }
        }
        Ok(done)
    }

    /// Sends a claimed item.
    async fn send(&mut self, claim: &Claim, item: &Item) -> Result<Next, Error> {
        let shared = Arc::clone(&self.shared);
        let (store, settings) = (&shared.store, &shared.settings);
        if item.interrupted && settings.rules.guarantee == Guarantee::AtMostOnce {
            let error = Error::new(ErrorKind::Unknown, "its attempt was interrupted");
            self.give_up(claim, item, Loss::Unknown, &error, item.attempts).await;
            shared.settled.notify_waiters();
            return Ok(Next::Step);
        }
        let lane = Arc::clone(&self.lane);
        let mark =
            Arc::new(Mark::new(Arc::clone(store), claim.clone(), item.envelope.id.clone(), settings.lease()));
        let mut result =
            if lane.deliver.marks_attempts() { Ok(()) } else { mark.begin(Attempt::default()).await };
        if result.is_ok() {
            let mut envelope = item.envelope.clone().with_attempt_mark(mark.clone());
            if lane.named {
                envelope.robot = None;
            }
            let stop = self.stop(&mark, item.envelope.urgency);
            let delivered = attempt(&*lane.deliver, envelope, settings.attempt_timeout, stop).await;
            self.turn = None;
            let Some(delivered) = delivered else {
                store.release(claim).await?;
                return Ok(Next::Step);
            };
            result = delivered.map(drop);
        }
        match (result, mark.begun()) {
            (Ok(()), _) => self.delivered(claim, item).await,
            // The item may have expired, or an urgent one may have taken its place.
            (Err(_), Some(Begun::Lost)) => store.release(claim).await?,
            (Err(error), Some(Begun::Started(number))) => self.failed(claim, item, number, error).await,
            // The store has failed: its error is reported, not counted as a failed attempt.
            (Err(error), None) if mark.was_asked() => return Err(error),
            (Err(error), None) => self.failed(claim, item, item.attempts, not_sent(error)).await,
        }
        shared.settled.notify_waiters();
        Ok(Next::Step)
    }

    /// Returns when a delivery that has not made a request must be given up: for an urgent notification, or because the
    /// queue ends.
    async fn stop(&self, mark: &Mark, urgency: Urgency) {
        loop {
            self.lane.signalled().await;
            let gives_way = urgency == Urgency::Normal || self.shared.is_stopping();
            if gives_way && !mark.was_asked() {
                return;
            }
        }
    }

    async fn delivered(&mut self, claim: &Claim, item: &Item) {
        self.failures = 0;
        self.settle(claim, item, Settlement::Delivered).await;
    }

    async fn failed(&mut self, claim: &Claim, item: &Item, number: u32, error: Error) {
        let error = &error;
        // Members of a digest that may have arrived must not be sent again one by one.
        let separable = !item.members.is_empty() && !item.may_have_arrived;
        let Verdict { item: fate, rest } = self.shared.settings.rules.judge(error, number, separable);
        if let Some(rest) = rest {
            self.pause_lanes(rest, error.kind());
        }
        match fate {
            Fate::Again(after) => {
                self.pause_after_failures();
                self.defer(claim, item, after, true, error).await;
            }
            // The item stays first: the robot rests, so only an urgent one can be sent before it.
            Fate::AfterRest => self.defer(claim, item, Duration::ZERO, false, error).await,
            Fate::Dead(loss) => self.give_up(claim, item, loss, error, number).await,
            Fate::Unmerge => {
                self.settle(claim, item, Settlement::Unmerged).await;
                let (lane, id, kind) = (&self.lane.name, &item.envelope.id, error.kind());
                let notifications = item.members.len();
                tracing::warn!(
                    name: "dingtalk.unmerged", lane, id, ?kind, notifications,
                    "a digest was refused; its members are sent one by one"
                );
            }
        }
    }

    fn pause_after_failures(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.failures > 1 {
            let delay = self.shared.settings.rules.schedule.delay(self.failures - 1).min(LONGEST_PAUSE);
            self.lane.pause(delay);
        }
    }

    fn pause_lanes(&self, rest: Rest, kind: ErrorKind) {
        let lanes = self.shared.lanes.values().filter(|lane| rest.all || lane.name == self.lane.name);
        for lane in lanes {
            lane.pause(rest.length);
            let pause_ms = u64::try_from(rest.length.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(name: "dingtalk.lane_paused", lane = lane.name, ?kind, pause_ms, "the lane pauses");
        }
    }

    async fn defer(&self, claim: &Claim, item: &Item, after: Duration, counts: bool, error: &Error) {
        let may_have_arrived = error.retry() == Retry::SameId;
        let failure = Failure::from(error);
        let settlement = Settlement::Deferred { after, counts, may_have_arrived, failure };
        if self.settle(claim, item, settlement).await {
            let (lane, id, kind) = (&self.lane.name, &item.envelope.id, error.kind());
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(name: "dingtalk.deferred", lane, id, ?kind, after_ms, "another attempt later");
        }
    }

    async fn give_up(&self, claim: &Claim, item: &Item, loss: Loss, error: &Error, attempts: u32) {
        let kind = error.kind();
        let may_have_arrived = kind == ErrorKind::Unknown;
        let settlement = Settlement::Dead { loss, may_have_arrived, failure: Failure::from(error) };
        let notifications = item.members.len().max(1);
        if self.settle(claim, item, settlement).await {
            self.shared.lose(loss, notifications);
            let (lane, id) = (&self.lane.name, &item.envelope.id);
            tracing::warn!(
                name: "dingtalk.dead_letter", lane, id, %loss, ?kind, attempts, notifications, "given up"
            );
        }
    }

    /// Settles an item, and returns `false` if that failed or another worker has claimed the lane after the end of the
    /// lease.
    async fn settle(&self, claim: &Claim, item: &Item, settlement: Settlement) -> bool {
        for attempt in 1..=SETTLE_ATTEMPTS {
            match self.shared.store.settle(claim, &item.envelope.id, settlement.clone()).await {
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

/// Sleeps until the claimed items can be sent, or another item of the lane becomes due or expires.
fn wait(time: Duration, claimed: &Claimed, wake: Wake) -> Next {
    let time = claimed.next.map_or(time, |next| next.min(time));
    Next::Sleep(Some(time), wake)
}

/// Returns the error of a delivery that made no request: the message has not arrived, whatever the error's kind.
fn not_sent(error: Error) -> Error {
    match error.retry() {
        Retry::SameId => error.with_kind(ErrorKind::NotSent),
        _ => error,
    }
}
