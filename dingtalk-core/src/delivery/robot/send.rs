//! One send: as many attempts as its policy allows.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    super::{
        Block, Error, ErrorKind, Guarantee, Urgency,
        pace::{Pacer, Slot},
        retry::{Backoff, Next, RetryBudget, next},
    },
    Clock,
    attempt::Failure,
};

/// Rests end up to this much later, at random.
const REST_JITTER: Duration = Duration::from_secs(5);

/// Until when to try where nobody says: as far in the future as a clock can tell for sure.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);

/// What can be attempted.
pub(super) trait Post: Sync {
    /// Makes one attempt, which takes at most as long as `limit`.
    fn post(&self, limit: Duration) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// When to send, how often, and for how long. Shared by all clones of a robot.
pub(super) struct Policy {
    pub(super) pacer: Option<Pacer>,
    pub(super) attempts: u32,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) guarantee: Guarantee,
    pub(super) backoff: Backoff,
    pub(super) budget: RetryBudget,
    pub(super) clock: Clock,
}

/// What it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) attempts: u32,
    /// For its turn and between attempts.
    pub(super) wait: Duration,
}

/// One message on its way.
struct Sending<'a> {
    policy: &'a Policy,
    urgency: Urgency,
    deadline: Instant,
    effort: Effort,
    /// The last failure.
    last: Option<Error>,
    /// The first failure after which the message may have arrived.
    unknown: Option<Error>,
    /// What the last retry took from the budget.
    paid: Option<u32>,
    resigned: bool,
}

impl Policy {
    /// Sends until it has succeeded, must not go on, or has no time left. `expires_in` shortens the deadline.
    pub(super) async fn send(
        &self,
        urgency: Urgency,
        expires_in: Option<Duration>,
        post: &impl Post,
    ) -> (Result<(), Error>, Effort) {
        let deadline = self.deadline.min(expires_in.unwrap_or(Duration::MAX)).min(FAR_FUTURE);
        let mut sending = Sending {
            policy: self,
            urgency,
            deadline: Instant::now() + deadline,
            effort: Effort::default(),
            last: None,
            unknown: None,
            paid: None,
            resigned: false,
        };
        let result = sending.run(post).await;
        let result = result.map_err(|error| {
            let error = match &sending.unknown {
                Some(unknown) => error.after_unknown(unknown),
                None => error,
            };
            error.with_attempts(sending.effort.attempts)
        });
        (result, sending.effort)
    }
}

impl<'a> Sending<'a> {
    async fn run(&mut self, post: &impl Post) -> Result<(), Error> {
        loop {
            let slot = self.turn().await?;
            self.effort.attempts += 1;
            let started = Instant::now();
            let left = self.deadline.saturating_duration_since(started);
            let result = post.post(left.min(self.policy.timeout)).await;
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let attempt = self.effort.attempts;
            let Err(Failure { error, block }) = result else {
                tracing::debug!(name: "dingtalk.attempt", attempt, elapsed_ms, "attempt succeeded");
                self.policy.budget.reward(self.paid);
                return Ok(());
            };
            let (kind, code) = (error.kind(), error.code());
            tracing::debug!(name: "dingtalk.attempt", attempt, elapsed_ms, ?kind, code, "attempt failed");
            match slot {
                Some(slot) if kind == ErrorKind::NotSent => slot.give_back(),
                slot => drop(slot),
            }
            let rest = block.and_then(|block| self.rest(block));
            if kind == ErrorKind::Unknown {
                self.unknown.get_or_insert_with(|| error.clone());
            }
            self.prepare_next(error, rest).await?;
        }
    }

    /// Waits for a place in the robot's window.
    async fn turn(&mut self) -> Result<Option<Slot<'a>>, Error> {
        let policy = self.policy;
        let Some(pacer) = &policy.pacer else { return Ok(None) };
        let started = Instant::now();
        let patience = pacer.pace().longest_wait().min(FAR_FUTURE);
        let latest = self.latest_start().min(started + patience);
        let slot = pacer.slot(self.urgency, latest).await;
        let wait = started.elapsed();
        self.effort.wait += wait;
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

    /// An attempt that begins later could not tell a server that cannot be reached from one that does not answer.
    fn latest_start(&self) -> Instant {
        self.deadline.checked_sub(self.policy.connect_timeout).unwrap_or(self.deadline)
    }

    /// Lets the robot rest, and returns for how long.
    fn rest(&self, why: Block) -> Option<Duration> {
        let pacer = self.policy.pacer.as_ref()?;
        let rest = pacer.pace().rest_after(why, (self.policy.clock)());
        let rest = rest.saturating_add(REST_JITTER.mul_f64((self.policy.backoff.jitter)()));
        tracing::warn!(name: "dingtalk.rest", kind = ?why.kind(), rest_ms = milliseconds(rest), "the robot rests");
        pacer.rest(why, rest);
        Some(rest)
    }

    /// Returns when it is time for another attempt, or fails where there is none.
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
            Next::Now => self.resigned = true,
            // Without a pace nobody knows how long it lasts. With one, waiting for a turn is waiting for its end.
            Next::AfterRest if rest.is_none() => return Err(error),
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
        match &self.policy.pacer {
            Some(pacer) => pacer.sleep(pause).await,
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
