//! Pools of robots that share the load of one group.

mod choice;
mod memory;
#[cfg(test)]
mod tests;
mod verdict;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync, time::Instant};

use self::{
    choice::soonest,
    memory::Memory,
    verdict::{Verdict, verdict},
};
use super::{
    Block, BoxFuture, Deliver, Envelope, Error, ErrorKind, Receipt, Robot, RobotKey, Urgency,
    duration::FAR_FUTURE,
    robot::{Start, check_name},
    window::{Forecast, Waiter},
};
use crate::message::duration;

/// Several robots of one group that share the load: three of them can send 60 messages a minute.
///
/// A message is sent through the robot with the earliest free slot, after the messages that already wait for that
/// robot; robots with equal waits take turns. Each robot keeps its own [`Pace`](crate::delivery::Pace) and its own
/// rest.
///
/// # Failure of a robot
///
/// | failure | effect |
/// |---|---|
/// | [`Unknown`](ErrorKind::Unknown), [`Busy`](ErrorKind::Busy), or a part was delivered | the failure is the result: the message may have arrived |
/// | [`Throttled`](ErrorKind::Throttled), [`QuotaExhausted`](ErrorKind::QuotaExhausted), [`RateLimited`](ErrorKind::RateLimited) | the next robot; this one rests |
/// | [`RobotStopped`](ErrorKind::RobotStopped), [`RobotMissing`](ErrorKind::RobotMissing), [`UnknownToken`](ErrorKind::UnknownToken), [`Signature`](ErrorKind::Signature), [`IpNotAllowed`](ErrorKind::IpNotAllowed) | the next robot; this one is [set aside](PoolBuilder::set_aside) |
/// | [`Keyword`](ErrorKind::Keyword), [`SecurityCheck`](ErrorKind::SecurityCheck) | the next robot: it may have other keywords |
/// | [`NotSent`](ErrorKind::NotSent) | the next robot at another address, if there is one |
/// | [`AddressBlocked`](ErrorKind::AddressBlocked) | the failure is the result, and all robots rest |
/// | all others | the failure is the result: every robot would fail in the same way |
///
/// All attempts share the [deadline](crate::delivery::RobotBuilder::deadline) of one send. If no robot is left, the
/// error is that of the robot that can send the message first, and says after which time ([`Error::retry_after`]).
///
/// # Sending a message again
///
/// It is not documented that DingTalk recognises an id that another robot has used. The pool therefore remembers, by
/// its id, the robot through which a message has or may have arrived: sent again under the same id, the message goes
/// through that robot only. The pool remembers the last [`REMEMBERED`](Self::REMEMBERED) ids, unless
/// [set](PoolBuilder::remember); a program that restarts remembers none, but can set
/// [the robot](Envelope::with_sender). A send that is dropped may have arrived.
///
/// # Names
///
/// An envelope's `robot` names the pool. Receipts and logs contain the robots' own names. Clones are cheap and share
/// everything.
///
/// ```no_run
/// use dingtalk_core::{DeliverExt, Message, Robot, pool::Pool};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let robots = ["the first webhook", "the second webhook", "the third webhook"];
/// let robots: Result<Vec<_>, _> = robots.into_iter().map(|webhook| Robot::from_webhook(webhook).build()).collect();
/// let pool = Pool::new(robots?)?;
/// pool.send(&Message::text("Disk is full")).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Pool(Arc<Inner>);

/// Settings of a [`Pool`].
#[derive(Debug, Clone)]
#[must_use = "call `build` to get a pool"]
pub struct PoolBuilder {
    robots: Vec<Robot>,
    name: Option<String>,
    set_aside: Duration,
    remember: usize,
}

#[derive(Debug)]
struct Inner {
    robots: Vec<Robot>,
    name: Option<String>,
    set_aside: Duration,
    /// Held from the choice of a robot until the message has joined its waiters, so that the next choice counts it.
    choosing: sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Robot whose turn it is among robots with equal waits.
    next: usize,
    /// Robots that are set aside, by index.
    aside: Vec<Option<Aside>>,
    memory: Memory,
}

/// A robot that is not used for a while.
#[derive(Debug)]
struct Aside {
    until: Instant,
    why: Error,
}

impl Pool {
    /// Time for which a stopped or misconfigured robot is not used, the length of DingTalk's own block. A shorter time
    /// costs refused requests; a longer one delays the use of a repaired robot.
    pub const SET_ASIDE: Duration = Duration::from_secs(10 * 60);

    /// Number of ids that are remembered: about 100 bytes each, which covers hours of messages of several robots.
    pub const REMEMBERED: usize = 10_000;

    /// Creates a pool of these robots.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: no robot is given, or two have the same token and therefore share twenty messages
    /// a minute.
    pub fn new(robots: impl IntoIterator<Item = Robot>) -> Result<Self, Error> {
        Self::builder(robots).build()
    }

    /// Returns the settings of a pool of these robots.
    pub fn builder(robots: impl IntoIterator<Item = Robot>) -> PoolBuilder {
        PoolBuilder {
            robots: robots.into_iter().collect(),
            name: None,
            set_aside: Self::SET_ASIDE,
            remember: Self::REMEMBERED,
        }
    }

    /// Returns the name of the pool, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Returns the robots that share the load.
    pub fn robots(&self) -> &[Robot] {
        &self.0.robots
    }
}

impl PoolBuilder {
    /// Sets a name for routing.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the time for which a stopped or misconfigured robot is not used; [`Pool::SET_ASIDE`] unless set.
    pub fn set_aside(mut self, rest: Duration) -> Self {
        self.set_aside = rest;
        self
    }

    /// Sets the number of remembered messages, for those that are sent again under the same id; [`Pool::REMEMBERED`]
    /// unless set. It should exceed the number of messages sent until the last retry of a message.
    pub fn remember(mut self, ids: usize) -> Self {
        self.remember = ids;
        self
    }

    /// Checks the settings and creates the pool; see [`Pool::new`].
    pub fn build(self) -> Result<Pool, Error> {
        let Self { robots, name, set_aside, remember } = self;
        if robots.is_empty() {
            return Err(Error::configuration("a pool needs at least one robot"));
        }
        for (index, robot) in robots.iter().enumerate() {
            if robots[..index].iter().any(|other| other.is_same(robot)) {
                return Err(Error::configuration(format!(
                    "two robots of the pool have the same access token (robot id {}): they would share one rate",
                    robot.id()
                )));
            }
        }
        let aside = robots.iter().map(|_| None).collect();
        let state = Mutex::new(State { next: 0, aside, memory: Memory::new(remember) });
        Ok(Pool(Arc::new(Inner { robots, name, set_aside, choosing: sync::Mutex::default(), state })))
    }
}

impl Deliver for Pool {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            let id = envelope.id.clone();
            self.0.deliver(envelope).await.map_err(|error| error.with_id(id))
        })
    }

    /// Returns the shortest forecast of the robots, or that of the robot that may have sent the message.
    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        Box::pin(async move {
            let known = self.0.known(envelope);
            if let Some(robot) = known.map(|index| &self.0.robots[index]) {
                return robot.forecast_for(envelope.urgency).await;
            }
            let forecasts = self.0.forecasts(envelope.urgency, &vec![false; self.0.robots.len()]).await;
            Ok(forecasts.into_iter().flatten().min_by_key(|forecast| forecast.wait).unwrap_or_default())
        })
    }

    fn lane_key(&self) -> Option<String> {
        Some(RobotKey::lane(self.0.robots.iter().map(|robot| *robot.key())))
    }

    fn marks_attempts(&self) -> bool {
        true
    }

    fn robots(&self, _: Option<&str>) -> Vec<RobotKey> {
        self.0.robots.iter().map(|robot| *robot.key()).collect()
    }
}

/// A robot chosen for one message.
struct Choice<'a> {
    index: usize,
    waiter: Option<Waiter<'a>>,
    /// Set if the robot may already have sent the message.
    pinned: bool,
    /// Set if the robot is resting and no other robot is free sooner.
    rests: bool,
    sending: Sending<'a>,
}

impl Inner {
    async fn deliver(&self, envelope: Envelope) -> Result<Receipt, Error> {
        check_name(self.name.as_deref(), envelope.robot.as_deref())?;
        let mut envelope = envelope;
        envelope.robot = None;
        let started = Instant::now();
        let mut tried = vec![false; self.robots.len()];
        let mut failures = Vec::new();
        let mut attempts = 0;
        while let Some(choice) = self.choose(&envelope, &tried).await {
            let Choice { index, waiter, pinned, rests, sending } = choice;
            let robot = &self.robots[index];
            if !failures.is_empty() && !robot.has_time(started) {
                sending.end(false);
                break;
            }
            let start = Start { at: started, waiter, yields: !pinned && !rests };
            let error = match robot.deliver_from(envelope.clone(), start).await {
                Ok(mut receipt) => {
                    sending.end(true);
                    self.state().aside[index] = None;
                    receipt.attempts += attempts;
                    receipt.robot = receipt.robot.or_else(|| self.name.clone());
                    return Ok(receipt);
                }
                Err(error) => error,
            };
            attempts += error.attempts();
            let error = error.with_attempts(attempts);
            let may_have_arrived = error.may_have_arrived();
            let is_free = sending.end(may_have_arrived);
            let verdict = verdict(&error);
            let error = match verdict {
                Verdict::SetAside => self.set_aside(index, error),
                Verdict::AllRest => self.let_all_rest(error),
                Verdict::Stop | Verdict::Next | Verdict::NextAddress => error,
            };
            if may_have_arrived || matches!(verdict, Verdict::Stop | Verdict::AllRest) {
                return Err(error);
            }
            if !is_free || self.sender(&envelope).is_some() {
                return Err(error.with_remark(
                    "it may have arrived through this robot before, so that no other robot was tried",
                ));
            }
            tracing::debug!(
                name: "dingtalk.next_robot", kind = ?error.kind(), robot_id = robot.id(), "another robot is tried"
            );
            for (other, tried) in tried.iter_mut().enumerate() {
                *tried |= other == index
                    || (verdict == Verdict::NextAddress && self.robots[other].is_beside(robot));
            }
            failures.push(error);
        }
        Err(self.nobody(failures, &tried).with_attempts(attempts))
    }

    /// Returns the robot for this message among those not yet tried, with a waiter in its window.
    async fn choose(&self, envelope: &Envelope, tried: &[bool]) -> Option<Choice<'_>> {
        let Envelope { id, urgency, .. } = envelope;
        let _choosing = self.choosing.lock().await;
        let known = self.known(envelope);
        let (index, rests) = match known {
            Some(index) => (index, false),
            None => {
                let forecasts = self.forecasts(*urgency, tried).await;
                let waits: Vec<_> = forecasts.iter().map(|forecast| forecast.map(|it| it.wait)).collect();
                let index = soonest(&waits, self.state().next)?;
                (index, forecasts[index].is_some_and(|forecast| forecast.block.is_some()))
            }
        };
        let mut state = self.state();
        state.memory.begin(id, index);
        state.next = (index + 1) % self.robots.len();
        Some(Choice {
            index,
            rests,
            waiter: self.robots[index].join(*urgency),
            pinned: known.is_some(),
            sending: Sending { pool: self, id: Some(id.as_str().into()) },
        })
    }

    /// Returns the robot through which the message may have arrived.
    fn known(&self, envelope: &Envelope) -> Option<usize> {
        self.state().memory.robot_of(&envelope.id).or_else(|| self.sender(envelope))
    }

    /// Returns the robot that the envelope names as its sender.
    fn sender(&self, envelope: &Envelope) -> Option<usize> {
        self.robots.iter().position(|robot| Some(*robot.key()) == envelope.sender)
    }

    /// Returns the forecast of each robot, except those that are excluded.
    async fn forecasts(&self, urgency: Urgency, tried: &[bool]) -> Vec<Option<Forecast>> {
        let mut forecasts = Vec::with_capacity(self.robots.len());
        for (index, robot) in self.robots.iter().enumerate() {
            let is_asked = !tried[index] && !self.is_aside(index);
            forecasts.push(if is_asked {
                // The robot reports its failure itself, and is used last.
                let unknown = Forecast::new(Duration::MAX, None);
                Some(robot.forecast_for(urgency).await.unwrap_or(unknown))
            } else {
                None
            });
        }
        forecasts
    }

    fn is_aside(&self, index: usize) -> bool {
        self.state().aside[index].as_ref().is_some_and(|aside| Instant::now() < aside.until)
    }

    fn set_aside(&self, index: usize, why: Error) -> Error {
        let why = why.with_retry_after(self.set_aside);
        let (kind, robot_id) = (why.kind(), self.robots[index].id());
        tracing::warn!(name: "dingtalk.set_aside", ?kind, robot_id, "a robot of a pool is set aside");
        let until = Instant::now() + self.set_aside.min(FAR_FUTURE);
        self.state().aside[index] = Some(Aside { until, why: why.clone() });
        why
    }

    /// Lets all robots rest after a block of the machine's address, which they share.
    fn let_all_rest(&self, why: Error) -> Error {
        for robot in &self.robots {
            if let Some(rest) = why.retry_after() {
                robot.rest(Block::Address, rest);
            }
        }
        why
    }

    /// Returns the error of a message for which no robot is left.
    fn nobody(&self, mut failures: Vec<Error>, tried: &[bool]) -> Error {
        let now = Instant::now();
        for (aside, tried) in self.state().aside.iter().zip(tried) {
            if let Some(aside) = aside.as_ref().filter(|aside| !tried && now < aside.until) {
                let why = Error::new(aside.why.kind(), "").with_retry_after(aside.until - now);
                failures.push(why.with_answer(aside.why.code(), None));
            }
        }
        let (of, count) = (self.robots.len(), failures.len());
        // A message that was not sent can be sent again immediately.
        let when = |error: &Error| match (error.retry_after(), error.kind()) {
            (None, ErrorKind::NotSent) => Duration::ZERO,
            (after, _) => after.unwrap_or(Duration::MAX),
        };
        let Some(soonest) = failures.into_iter().min_by_key(when) else {
            return Error::configuration("the pool has no robot");
        };
        if of == 1 || count == 1 {
            return soonest;
        }
        let mut remark = format!("{count} of the pool's {of} robots cannot send it");
        if let Some(after) = soonest.retry_after() {
            remark.push_str(&format!(", the first can in {}", duration(after)));
        }
        soonest.with_remark(&remark)
    }

    /// Held only briefly, never across an await, and never left in an inconsistent state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message that is being sent through a robot. If this is dropped before the end, the message may have arrived.
struct Sending<'a> {
    pool: &'a Inner,
    /// Set until the send has ended.
    id: Option<Box<str>>,
}

impl Sending<'_> {
    /// Ends the send. Returns `true` if another robot may send the message.
    fn end(mut self, may_have_arrived: bool) -> bool {
        self.id.take().is_none_or(|id| self.pool.state().memory.end(&id, may_have_arrived))
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.pool.state().memory.end(&id, true);
        }
    }
}
