//! Queues: accept notifications immediately and deliver them in the background.

mod attempt;
mod builder;
mod lane;
mod losses;
mod merge;
mod pending;
#[cfg(feature = "jiff")]
mod quiet;
mod schedule;
mod shared;
mod verdict;
mod worker;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

#[cfg(feature = "jiff")]
pub use self::quiet::QuietHours;
use self::shared::Shared;
pub use self::{builder::QueueBuilder, losses::Losses, pending::Pending};
use super::{
    BoxFuture, Deliver, Envelope, Error, ErrorKind, Outcome, Receipt,
    duration::FAR_FUTURE,
    store::{DeadLetter, Enqueued},
};
use crate::{Message, Notification, delivery::Urgency};

/// Interval after which a failed store is used again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Maximum time for the last messages of a queue that ends.
const NOTICE: Duration = Duration::from_secs(5);

/// Accepts notifications immediately and delivers them in the background: at the robot's rate, in order, urgent ones
/// first. Failures are retried if that is safe, and waiting notifications can be merged.
///
/// - **Bounded**: it holds [1,000](QueueBuilder::capacity) notifications and refuses more
///   ([`QueueFull`](ErrorKind::QueueFull)).
/// - **A lane for each robot**: a robot that is blocked, slow or stopped does not delay others.
/// - **Retries by kind of failure**: after 5 s, 30 s, 2 min, 10 min, 30 min, as far as the failure allows and until the
///   envelope expires; never while the robot rests. A robot that needs attention (stopped, unknown token, signature …)
///   pauses its lane, which keeps its notifications.
/// - **No silent losses**: a notification that is given up becomes a [dead letter](Self::dead_letters) with its reason,
///   and is counted in [`losses`](Self::losses).
///
/// Clones are cheap and share the queue. When the last one is dropped, deliveries that have begun are completed;
/// notifications that wait in memory are lost, counted, and logged in one warning. Call [`shutdown`](Self::shutdown)
/// first.
///
/// ```
/// use std::time::Duration;
///
/// use dingtalk_core::{Message, Stub, queue::Queue};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let robot = Stub::new(); // in a service: Robot::from_env()?
/// let queue = Queue::new(robot.clone())?;
/// queue.try_send(&Message::text("Disk is full"))?;
/// queue.shutdown(Duration::from_secs(10)).await?;
/// assert_eq!(robot.envelopes().len(), 1);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Queue(Arc<Handle>);

/// Ends the workers when the last clone of a queue is dropped.
struct Handle {
    shared: Arc<Shared>,
    /// The worker of each lane, by the lane's name.
    workers: Mutex<BTreeMap<String, JoinHandle<()>>>,
}

impl Queue {
    /// Creates a queue in memory with one lane for every notification. An envelope that names a robot is passed on with
    /// that name. Needs a tokio runtime.
    pub fn new(deliver: impl Deliver + 'static) -> Result<Self, Error> {
        Self::builder().only_lane(deliver).build()
    }

    /// Returns the settings of a queue.
    pub fn builder() -> QueueBuilder {
        QueueBuilder::new()
    }

    /// Starts the workers, if there are to be any.
    fn start(shared: Shared, delivers: bool) -> Self {
        let shared = Arc::new(shared);
        let work = |lane: &Arc<lane::Lane>| {
            let worker = worker::Worker::new(Arc::clone(&shared), Arc::clone(lane));
            (lane.name.clone(), tokio::spawn(worker.run()))
        };
        let workers = Mutex::new(shared.lanes.values().filter(|_| delivers).map(work).collect());
        if delivers {
            let watching = Arc::downgrade(&shared);
            shared.store.watch(Arc::new(move |arrival| {
                watching.upgrade().is_some_and(|shared| {
                    shared.wake(arrival);
                    !shared.is_stopping()
                })
            }));
        }
        Self(Arc::new(Handle { shared, workers }))
    }

    /// Checks a notification, renders it and queues it under a new id. Does not wait.
    ///
    /// # Errors
    ///
    /// As of [`try_deliver`](Self::try_deliver), and if a value is invalid.
    pub fn try_send<N: Notification + ?Sized>(&self, notification: &N) -> Result<Receipt, Error> {
        self.try_deliver(notification.envelope()?)
    }

    /// Queues one envelope. Does not wait, and therefore is not for a durable [store](QueueBuilder::store): it promises
    /// only what it can keep. With such a store, await [`deliver`](Deliver::deliver) instead.
    ///
    /// The envelope's [`robot`](Envelope::robot) names the lane. An id that was queued before is not queued again,
    /// which is not an error.
    ///
    /// # Errors
    ///
    /// Fails without queueing anything: with [`Configuration`](ErrorKind::Configuration) if the store is durable, with
    /// [`QueueFull`](ErrorKind::QueueFull), with [`QueueClosed`](ErrorKind::QueueClosed), or with
    /// [`UnknownRobot`](ErrorKind::UnknownRobot).
    pub fn try_deliver(&self, mut envelope: Envelope) -> Result<Receipt, Error> {
        let shared = &self.0.shared;
        let entry = Entry::check(&self.0, &envelope)?;
        shared.settings.expire(&mut envelope);
        let capacity = shared.settings.room(envelope.urgency);
        let result = shared.store.enqueue_now(&entry.lane.key, envelope, capacity).unwrap_or_else(|| {
            Err(Error::configuration(
                "the queue's store is durable and cannot accept a notification without waiting for it to be written: \
                 use `deliver` and await it",
            ))
        });
        entry.finish(result, capacity)
    }

    async fn enqueue(&self, mut envelope: Envelope) -> Result<Receipt, Error> {
        let shared = &self.0.shared;
        let entry = Entry::check(&self.0, &envelope)?;
        shared.settings.expire(&mut envelope);
        let capacity = shared.settings.room(envelope.urgency);
        let result = shared.store.enqueue(&entry.lane.key, envelope, capacity).await;
        entry.finish(result, capacity)
    }

    /// Queues envelopes by an operation that the store has besides those of a
    /// [`Store`](crate::queue::store::Store). `add` gets each envelope with its expiry, and the name of its lane in the
    /// store. Afterwards, the lanes look for what is new.
    ///
    /// # Errors
    ///
    /// Fails without calling `add` if the queue is closed, or has no lane for an envelope; and as `add` fails.
    pub async fn add_with<T, F>(
        &self,
        envelopes: Vec<Envelope>,
        add: impl FnOnce(Vec<(String, Envelope)>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let entries: Vec<Entry<'_>> =
            envelopes.iter().map(|envelope| Entry::check(&self.0, envelope)).collect::<Result<_, _>>()?;
        let with_lane = |(entry, mut envelope): (&Entry<'_>, Envelope)| {
            self.0.shared.settings.expire(&mut envelope);
            (entry.lane.key.clone(), envelope)
        };
        let added = add(entries.iter().zip(envelopes).map(with_lane).collect()).await?;
        for Entry { lane, urgency, .. } in entries {
            lane.arrived(urgency);
        }
        Ok(added)
    }

    /// Reports whether the queue would keep an envelope even if its robot had a free slot: behind other notifications,
    /// or for the end of quiet hours. Also reports `true` for an envelope with rules on repetitions, which only a queue
    /// applies. For programs that queue what cannot be sent at once.
    ///
    /// # Errors
    ///
    /// As of [`try_deliver`](Self::try_deliver), without [`QueueFull`](ErrorKind::QueueFull); and if the store cannot be
    /// read.
    pub async fn holds(&self, envelope: &Envelope) -> Result<bool, Error> {
        let shared = &self.0.shared;
        let entry = Entry::check(&self.0, envelope)?;
        if envelope.dedupe.is_some()
            || envelope.throttle.is_some()
            || shared.settings.quiet_for(envelope.urgency, SystemTime::now()).is_some()
        {
            return Ok(true);
        }
        // An urgent one overtakes those that wait.
        Ok(envelope.urgency == Urgency::Normal && shared.store.pending(&entry.lane.key).await?.waiting > 0)
    }

    /// Counts the notifications that wait or are being sent.
    pub async fn pending(&self) -> Result<Pending, Error> {
        self.0.shared.pending().await
    }

    /// Returns the numbers of notifications given up since the queue was created, by reason.
    pub fn losses(&self) -> Losses {
        self.0.shared.losses()
    }

    /// Waits until every notification is delivered or given up, but not longer than `deadline`; then returns the number
    /// of those left. In the meantime, digests do not wait for more notifications; rests and pauses are kept.
    pub async fn flush(&self, deadline: Duration) -> Result<(), Pending> {
        let deadline = Instant::now() + deadline.min(FAR_FUTURE);
        let _hurry = self.0.shared.hurry();
        self.settle(deadline, false).await
    }

    /// Waits as [`flush`](Self::flush) does, but only while something can be sent before `deadline`: if all that is left
    /// waits longer, for a retry or for a robot that rests, returns its number at once. Digests wait for more
    /// notifications as usual. For programs that send what is due and end.
    pub async fn drain(&self, deadline: Duration) -> Result<(), Pending> {
        self.settle(Instant::now() + deadline.min(FAR_FUTURE), true).await
    }

    /// Waits until everything is settled or the deadline has passed; with `drain`, not for what cannot be sent before.
    async fn settle(&self, deadline: Instant, drain: bool) -> Result<(), Pending> {
        let shared = &self.0.shared;
        loop {
            let mut settled = std::pin::pin!(shared.settled.notified());
            // Enabled before the count, so that no notification is missed.
            settled.as_mut().enable();
            let (pending, ask_again) = match shared.pending().await {
                Ok(pending) if pending.is_empty() => return Ok(()),
                Ok(pending) => (pending, shared.store.poll_interval()),
                Err(_) => (Pending { incomplete: true, ..Pending::default() }, Some(ASK_AGAIN)),
            };
            let now = Instant::now();
            if now >= deadline || (drain && shared.is_idle_until(deadline)) {
                return Err(pending);
            }
            let until = ask_again.map_or(deadline, |time| deadline.min(now + time.min(FAR_FUTURE)));
            // The next iteration counts again in either case.
            let _ = timeout_at(until, settled).await;
        }
    }

    /// Accepts no more notifications, [drains](Self::drain) the queue, and ends the lanes. Returns the number of
    /// notifications left: a durable store keeps them, a store in memory loses them, which is counted as
    /// [dropped](crate::queue::store::Loss::Dropped). A delivery that has not ended by then is cancelled; its message
    /// may have arrived.
    ///
    /// With a store in memory and [digests](QueueBuilder::digest), waiting notifications are merged at once, and if some
    /// are left shortly before `deadline`, a last message to their group says how many were not sent.
    pub async fn shutdown(&self, deadline: Duration) -> Result<(), Pending> {
        let shared = &self.0.shared;
        shared.close();
        let ends = Instant::now() + deadline.min(FAR_FUTURE);
        let in_memory = shared.store.only_in_memory().is_some();
        let notices = in_memory && shared.settings.digest.is_some();
        let for_notices = if notices { NOTICE.min(deadline / 4) } else { Duration::ZERO };
        let hurry = in_memory.then(|| shared.hurry());
        let result = self.settle(ends.checked_sub(for_notices).unwrap_or(ends), true).await;
        drop(hurry);
        shared.stop();
        let workers = std::mem::take(&mut *self.0.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers.into_values() {
            if result.is_err() {
                worker.abort();
            }
            // An aborted worker has ended too.
            let _ = worker.await;
        }
        if notices && let Err(pending) = &result {
            self.report_unsent(pending, ends).await;
        }
        shared.end();
        result
    }

    /// Sends one message to each group for which notifications are left, until a deadline.
    async fn report_unsent(&self, pending: &Pending, deadline: Instant) {
        let Shared { lanes, settings, .. } = &*self.0.shared;
        let mut notices = tokio::task::JoinSet::new();
        for (name, left) in pending.lanes.iter().filter(|(_, left)| left.waiting > 0) {
            let Some(lane) = lanes.get(name).cloned() else { continue };
            let message = Message::text(settings.words.not_sent(left.waiting));
            // The slots for urgent messages are the most likely to be free.
            let envelope = Envelope::new(message).with_urgency(Urgency::Urgent);
            notices.spawn(async move { timeout_at(deadline, lane.deliver.deliver(envelope)).await });
        }
        while let Some(sent) = notices.join_next().await {
            if !matches!(sent, Ok(Ok(Ok(_)))) {
                tracing::debug!(name: "dingtalk.notice_failed", "the last message of a lane was not sent");
            }
        }
    }

    /// Returns the newest notifications that were given up, with their reasons, newest first.
    pub async fn dead_letters(&self, max: usize) -> Result<Vec<DeadLetter>, Error> {
        let shared = &self.0.shared;
        let mut letters = shared.store.dead_letters(max).await?;
        for letter in &mut letters {
            letter.lane = shared.name_of(&letter.lane).to_owned();
        }
        Ok(letters)
    }

    /// Puts a dead letter back into its lane, after the waiting notifications: under the same id, with its attempts
    /// reset and without its expiry.
    ///
    /// If it [may have arrived](DeadLetter::may_have_arrived) as part of a digest, look in the group first: DingTalk
    /// cannot recognise that.
    pub async fn redeliver(&self, id: &str) -> Result<Receipt, Error> {
        let shared = &self.0.shared;
        if shared.is_closed() {
            return Err(closed().with_id(id));
        }
        let capacity = shared.settings.capacity;
        if shared.lanes.keys().any(|lane| self.0.has_ended(lane)) {
            return Err(ended().with_id(id));
        }
        let Some(enqueued) = shared.store.redeliver(id, capacity).await? else {
            return Err(Error::configuration(
                "dead letter not found: its id is unknown, or it was already redelivered",
            )
            .with_id(id));
        };
        if enqueued == Enqueued::Full {
            return Err(full(capacity).with_id(id));
        }
        // The lane of the letter is not known here.
        for lane in shared.lanes.values() {
            lane.signal();
        }
        Ok(queued(id))
    }
}

impl Deliver for Queue {
    /// Queues the envelope, and returns as soon as the store has it.
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(self.enqueue(envelope))
    }
}

/// An envelope that is to be queued.
struct Entry<'a> {
    queue: &'a Handle,
    lane: &'a lane::Lane,
    id: String,
    urgency: Urgency,
}

impl<'a> Entry<'a> {
    fn check(queue: &'a Handle, envelope: &Envelope) -> Result<Self, Error> {
        let shared = &queue.shared;
        if shared.is_closed() {
            return Err(closed().with_id(&*envelope.id));
        }
        let lane = shared.lane_of(envelope).map_err(|error| error.with_id(&*envelope.id))?;
        if queue.has_ended(&lane.name) {
            return Err(ended().with_id(&*envelope.id));
        }
        Ok(Self { queue, lane, id: envelope.id.clone(), urgency: envelope.urgency })
    }

    fn finish(self, result: Result<Enqueued, Error>, capacity: usize) -> Result<Receipt, Error> {
        let Self { queue, lane, id, urgency } = self;
        let mut outcome = Outcome::Queued;
        let added = |displaced: Option<DeadLetter>| {
            tracing::debug!(name: "dingtalk.queued", lane = lane.name, id, "queued");
            lane.arrived(urgency);
            queue.shared.given_up(displaced.as_slice());
        };
        match result {
            Ok(Enqueued::Added) => added(None),
            Ok(Enqueued::Displaced(letter)) => added(Some(*letter)),
            Ok(Enqueued::Suppressed) => {
                tracing::debug!(name: "dingtalk.suppressed", lane = lane.name, id, "suppressed");
                outcome = Outcome::Suppressed;
            }
            Ok(Enqueued::Known) => {}
            Ok(Enqueued::Full) => return Err(full(capacity).with_id(id)),
            Err(error) => return Err(error.with_id(id)),
        }
        let mut receipt = queued(&id);
        receipt.outcome = outcome;
        receipt.robot = lane.named.then(|| lane.name.clone());
        Ok(receipt)
    }
}

fn queued(id: &str) -> Receipt {
    let mut receipt = Receipt::new(id, Outcome::Queued);
    receipt.attempts = 0;
    receipt
}

fn full(capacity: usize) -> Error {
    Error::new(ErrorKind::QueueFull, format!("{capacity} notifications wait"))
}

fn closed() -> Error {
    Error::new(ErrorKind::QueueClosed, "")
}

fn ended() -> Error {
    Error::new(ErrorKind::QueueClosed, "the tokio runtime in which the queue was built has ended")
}

impl Handle {
    /// Reports whether the worker of this lane has ended, which it does with its runtime. `shutdown` closes the queue
    /// before it takes the workers.
    fn has_ended(&self, lane: &str) -> bool {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.get(lane).is_some_and(JoinHandle::is_finished)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lanes: Vec<&String> = self.0.shared.lanes.keys().collect();
        f.debug_struct("Queue").field("lanes", &lanes).field("losses", &self.losses()).finish_non_exhaustive()
    }
}
