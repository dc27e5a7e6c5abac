//! Delivery of one message or part, with as many attempts as the policy allows.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::{
    super::{
        Block, Error, ErrorKind, Guarantee, Retry, Urgency,
        duration::FAR_FUTURE,
        mark::MARK_LIMIT,
        retry::{Backoff, Next, RetryBudget, next},
        window::{Pace, Slot, SlotEnd, SlotRequest, Waiter, Window},
    },
    Clock,
    trouble::Failure,
};

/// Maximum time by which a rest is prolonged, at random.
const REST_JITTER: Duration = Duration::from_secs(5);

/// Time for which a slot is taken beyond the limit of an attempt: for the mark, and because a window and a robot begin
/// to count at different moments.
const SLOT_MARGIN: Duration = Duration::from_secs(2 * MARK_LIMIT.as_secs());

/// A message that can be attempted.
pub(super) trait Post: Sync {
    /// Records the beginning of an attempt.
    fn mark(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Makes one attempt, which takes at most `limit`.
    fn post(&self, limit: Duration) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Settings of the attempts, shared by all clones of a robot.
pub(super) struct Policy {
    pub(super) pacing: Option<Pacing>,
    pub(super) attempts: u32,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) guarantee: Guarantee,
    pub(super) backoff: Backoff,
    pub(super) budget: RetryBudget,
    pub(super) clock: Clock,
}

/// Rate window of a robot, with its pace.
pub(super) struct Pacing {
    pace: Pace,
    window: Arc<dyn Window>,
    /// Notified when a rest begins.
    rests: Notify,
}

/// Bounds of the attempts for one message.
#[derive(Debug)]
pub(super) struct Bounds<'a> {
    pub(super) urgency: Urgency,
    pub(super) deadline: Instant,
    /// The waiter in the robot's window, if it has joined already.
    pub(super) waiter: Option<Waiter<'a>>,
    /// Set if the send gives up when the robot rests, even shortly, because another robot can send the message.
    pub(super) yields: bool,
}

/// Attempts and waits of a send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) attempts: u32,
    /// Total of the waits for slots and between attempts.
    pub(super) wait: Duration,
}

/// State of a send.
struct Sending<'a> {
    policy: &'a Policy,
    bounds: Bounds<'a>,
    effort: Effort,
    /// The last failure.
    last: Option<Error>,
    /// The first failure after which the message may have arrived.
    unknown: Option<Error>,
    /// Set if a failure leaves it uncertain what the server did.
    open: bool,
    /// Cost of the last retry, paid from the retry budget.
    paid: Option<u32>,
    resigned: bool,
}

impl Policy {
    /// Returns the time at which a send of a message in `parts` ends. The parts share their time.
    pub(super) fn deadline(&self, started: Instant, parts: usize, expires_in: Option<Duration>) -> Instant {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        let deadline = started + self.deadline.saturating_mul(parts).min(FAR_FUTURE);
        match expires_in {
            Some(expires_in) => deadline.min(Instant::now() + expires_in.min(FAR_FUTURE)),
            None => deadline,
        }
    }

    /// Fails if the slot of the last part would be too late: half a message is worse than none.
    pub(super) async fn check_room(&self, bounds: &Bounds<'_>, parts: usize) -> Result<(), Error> {
        let Some(pacing) = self.pacing.as_ref().filter(|_| parts > 1) else { return Ok(()) };
        // A waiter that has joined already counts as the first part.
        let more = parts - 1 - usize::from(bounds.waiter.is_some());
        let forecast = pacing.window.forecast(bounds.urgency, more).await?;
        let patience = pacing.pace.longest_wait();
        let left = self.latest_start(bounds.deadline).saturating_duration_since(Instant::now());
        if forecast.wait > left.min(patience) { Err(forecast.into()) } else { Ok(()) }
    }

    /// Returns the latest beginning of an attempt. A later attempt could not distinguish a server that cannot be
    /// reached from one that does not answer.
    pub(super) fn latest_start(&self, deadline: Instant) -> Instant {
        deadline.checked_sub(self.connect_timeout).unwrap_or(deadline)
    }

    /// Makes attempts until one succeeds, no other is allowed, or the time is over.
    pub(super) async fn send<'a>(
        &'a self,
        bounds: Bounds<'a>,
        post: &impl Post,
    ) -> (Result<(), Error>, Effort) {
        let mut sending = Sending {
            policy: self,
            bounds,
            effort: Effort::default(),
            last: None,
            unknown: None,
            open: false,
            paid: None,
            resigned: false,
        };
        let result = sending.run(post).await;
        let result = result.map_err(|error| {
            let error = match &sending.unknown {
                Some(unknown) => error.after_unknown(unknown),
                None => error,
            };
            error.with_attempts(sending.effort.attempts).left_open(sending.open)
        });
        (result, sending.effort)
    }
}

impl Pacing {
    pub(super) fn new(pace: Pace, window: Arc<dyn Window>) -> Self {
        Self { pace, window, rests: Notify::new() }
    }

    pub(super) fn window(&self) -> &dyn Window {
        &*self.window
    }

    pub(super) fn rest(&self, why: Block, rest: Duration) {
        self.window.rest(why, rest);
        self.rests.notify_waiters();
    }

    /// Sleeps until the time is over or a rest begins.
    async fn sleep(&self, duration: Duration) {
        let _ = timeout(duration, self.rests.notified()).await;
    }
}

impl<'a> Sending<'a> {
    async fn run(&mut self, post: &impl Post) -> Result<(), Error> {
        loop {
            let slot = self.turn().await?;
            if let Err(error) = post.mark().await {
                if let Some(slot) = slot {
                    slot.give_back();
                }
                return Err(error);
            }
            self.effort.attempts += 1;
            let started = Instant::now();
            let ends_by = slot.as_ref().and_then(Slot::ends_by).unwrap_or(self.bounds.deadline);
            let left = self.bounds.deadline.min(ends_by).saturating_duration_since(started);
            let result = post.post(left.min(self.policy.timeout)).await;
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let attempt = self.effort.attempts;
            let Err(Failure { error, block }) = result else {
                tracing::debug!(name: "dingtalk.attempt", attempt, elapsed_ms, "attempt succeeded");
                if let Some(slot) = slot {
                    slot.end(SlotEnd::Delivered);
                }
                self.policy.budget.reward(self.paid);
                return Ok(());
            };
            let (kind, code) = (error.kind(), error.code());
            tracing::debug!(name: "dingtalk.attempt", attempt, elapsed_ms, ?kind, code, "attempt failed");
            match slot {
                Some(slot) if kind == ErrorKind::NotSent => slot.give_back(),
                Some(slot) if kind.retry() == Retry::SameId => slot.end(SlotEnd::Unknown),
                Some(slot) => slot.end(SlotEnd::Refused),
                None => {}
            }
            let rest = block.and_then(|block| self.rest(block));
            if kind == ErrorKind::Unknown {
                self.unknown.get_or_insert_with(|| error.clone());
            }
            self.open |= kind.retry() == Retry::SameId;
            self.prepare_next(error, rest).await?;
        }
    }

    /// Waits for a slot of the robot's window.
    async fn turn(&mut self) -> Result<Option<Slot<'a>>, Error> {
        let policy = self.policy;
        let Some(pacing) = &policy.pacing else { return Ok(None) };
        let started = Instant::now();
        let patience = self.latest_start().saturating_duration_since(started).min(pacing.pace.longest_wait());
        let holds = policy.timeout.saturating_add(SLOT_MARGIN);
        let request = SlotRequest::new(patience, holds).yielding(self.bounds.yields);
        let join = || Waiter::join(pacing.window(), self.bounds.urgency);
        let waiter = self.bounds.waiter.take().unwrap_or_else(join);
        let slot = waiter.take(request).await;
        let wait = started.elapsed();
        self.effort.wait += wait;
        let slot = match slot {
            Ok(slot) => slot,
            Err(error) => {
                return Err(match self.last.take() {
                    Some(last) => last.with_remark("the robot's rate window failed before another attempt"),
                    None => error,
                });
            }
        };
        match slot {
            Ok(slot) => {
                if !wait.is_zero() {
                    tracing::debug!(name: "dingtalk.paced", wait_ms = milliseconds(wait), "waited for its turn");
                }
                Ok(Some(slot))
            }
            Err(too_long) => Err(match self.last.take() {
                Some(last) => last.with_retry_after(too_long.wait),
                None => too_long.into(),
            }),
        }
    }

    fn latest_start(&self) -> Instant {
        self.policy.latest_start(self.bounds.deadline)
    }

    /// Begins a rest of the robot, and returns its length.
    fn rest(&self, why: Block) -> Option<Duration> {
        let pacing = self.policy.pacing.as_ref()?;
        let rest = pacing.pace.rest_after(why, (self.policy.clock)());
        let rest = rest.saturating_add(REST_JITTER.mul_f64((self.policy.backoff.jitter)()));
        tracing::warn!(name: "dingtalk.rest", kind = ?why.kind(), rest_ms = milliseconds(rest), "the robot rests");
        pacing.rest(why, rest);
        Some(rest)
    }

    /// Waits until another attempt can be made, or fails if none is allowed.
    async fn prepare_next(&mut self, error: Error, rest: Option<Duration>) -> Result<(), Error> {
        let kind = error.kind();
        let error = match rest {
            Some(rest) => error.with_retry_after(rest),
            None => error,
        };
        let next = next(kind, self.policy.guarantee, self.resigned);
        if next == Next::Stop || self.effort.attempts >= self.policy.attempts {
            return Err(error);
        }
        match next {
            Next::Now if Instant::now() > self.latest_start() => {
                return Err(error.with_remark("there was no time for another attempt"));
            }
            Next::Now => self.resigned = true,
            // Without a pace, the length of the rest is unknown. With one, a slot is free only after the rest.
            Next::AfterRest if rest.is_none() || self.bounds.yields => return Err(error),
            Next::AfterBackoff if rest.is_none() => {
                let pause = self.policy.backoff.pause(self.effort.attempts);
                if Instant::now() + pause > self.latest_start() {
                    return Err(error.with_remark("there was no time for another attempt"));
                }
                let Some(paid) = self.policy.budget.withdraw(kind) else {
                    return Err(error.with_remark("too many retries have failed already for another one"));
                };
                self.paid = Some(paid);
                tracing::debug!(name: "dingtalk.retry", ?kind, pause_ms = milliseconds(pause), "another attempt");
                self.pause(pause).await;
            }
            _ => {}
        }
        self.last = Some(error);
        Ok(())
    }

    async fn pause(&mut self, pause: Duration) {
        let started = Instant::now();
        match &self.policy.pacing {
            Some(pacing) => pacing.sleep(pause).await,
            None => sleep(pause).await,
        }
        self.effort.wait += started.elapsed();
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
