//! Delivery of the messages of calls: each once, within a deadline, as long as a caller waits for it.

use std::{future::Future, sync::Arc, time::Duration};

use dingtalk_core::{Deliver, Envelope, Error, ErrorKind, Receipt, delivery::Outcome};
use tokio::time::{sleep, timeout};

use super::{
    answer::CallStatus,
    outcome::CallOutcome,
    queue::CallQueue,
    repeat::{Claim, Decided, Delivery, DeliveryOutcome, Identity, Permit, Queued, Repeats, Stop},
    standing::{Accepted, Standing},
};

/// Time beyond a call's deadline after which a delivery is stopped from outside. A robot with the same deadline stops
/// by itself, and reports more.
const GRACE: Duration = Duration::from_secs(1);

/// Time for a stopped delivery to report its outcome.
const STOPPING: Duration = Duration::from_secs(1);

pub(crate) struct Dispatcher {
    deliver: Arc<dyn Deliver>,
    deadline: Duration,
    repeats: Arc<Repeats>,
    queue: Option<CallQueue>,
}

impl Dispatcher {
    pub(crate) fn new(deliver: Arc<dyn Deliver>, deadline: Duration, repeats: Repeats) -> Self {
        Self { deliver, deadline, repeats: Arc::new(repeats), queue: None }
    }

    /// Queues messages whose calls would have to wait too long.
    pub(crate) fn with_queue(mut self, queue: Option<CallQueue>) -> Self {
        self.queue = queue;
        self
    }

    /// Returns the queue, if the server has one.
    pub(crate) fn queue(&self) -> Option<&CallQueue> {
        self.queue.as_ref()
    }

    pub(crate) fn deliver(&self) -> &dyn Deliver {
        &*self.deliver
    }

    /// Returns the time that a call may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Reports that messages are recognised by ids that their callers chose, after this process too.
    #[cfg(feature = "program")]
    pub(crate) fn keeps_ids(&self) -> bool {
        self.repeats.keep_ids()
    }

    /// Returns how long a message would wait for its slot if it were sent now; zero if that is not known.
    #[cfg(feature = "program")]
    pub(crate) async fn forecast(&self, envelope: &Envelope) -> Duration {
        self.deliver.forecast(envelope).await.map_or(Duration::ZERO, |forecast| forecast.wait)
    }

    /// Reports that the call would send nothing, because the same call is in progress or has delivered the message.
    pub(crate) async fn is_settled(&self, call: &Identity) -> bool {
        self.repeats.is_settled(call).await
    }

    /// Delivers a message, unless the same call has already done so. `meanwhile` runs while the delivery is in
    /// progress.
    pub(crate) async fn send<W: Future<Output = ()>>(
        &self,
        call: Identity,
        envelope: Envelope,
        cancelled: impl Future<Output = ()>,
        meanwhile: impl FnOnce(Arc<Delivery>) -> W,
    ) -> CallOutcome {
        let (delivery, caller) = match self.repeats.claim(call, &envelope) {
            Claim::Join(delivery) => {
                let caller = delivery.join();
                (delivery, caller)
            }
            Claim::Deliver(permit, delivery) => {
                let caller = delivery.join();
                let run = Run {
                    deliver: Arc::clone(&self.deliver),
                    queue: self.queue.clone(),
                    deadline: self.deadline,
                    delivery: Arc::clone(&delivery),
                };
                // In a task of its own: the first call may be cancelled while another one waits for the delivery.
                tokio::spawn(run.finish(permit, envelope));
                (delivery, caller)
            }
        };
        let meanwhile = async {
            meanwhile(Arc::clone(&delivery)).await;
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            biased;
            outcome = delivery.outcome() => outcome,
            () = cancelled => stopped(&delivery, caller.leave()).await,
            () = meanwhile => DeliveryOutcome::Unknown(Stop::Lost),
        };
        match outcome {
            DeliveryOutcome::Duplicate(receipt, age) => CallOutcome::Duplicate { receipt, age },
            outcome => CallOutcome::Delivery { id: delivery.id().to_owned(), outcome },
        }
    }
}

/// Returns the outcome of a delivery whose call was cancelled; `last` if no other call waits for it. The outcome is
/// logged, since a client receives no answer to a call that it has cancelled.
async fn stopped(delivery: &Delivery, last: bool) -> DeliveryOutcome {
    let id = delivery.id();
    if !last {
        tracing::info!(name: "dingtalk.cancelled", id, "call cancelled; another one waits for the same message");
        return DeliveryOutcome::Unknown(Stop::Cancelled);
    }
    let outcome = timeout(STOPPING, delivery.outcome()).await;
    let outcome = outcome.unwrap_or(DeliveryOutcome::Unknown(Stop::Cancelled));
    let words = match outcome {
        DeliveryOutcome::NotSent(_)
        | DeliveryOutcome::NotRecorded(_)
        | DeliveryOutcome::Suppressed
        | DeliveryOutcome::OtherMessage => "not sent",
        DeliveryOutcome::Queued(_) => "queued",
        DeliveryOutcome::Unknown(_) | DeliveryOutcome::StillUnknown(_) => "may have arrived",
        DeliveryOutcome::Delivered(_) | DeliveryOutcome::Duplicate(..) => "delivered",
        DeliveryOutcome::Failed(_) => "failed",
    };
    tracing::warn!(name: "dingtalk.cancelled", id, "call cancelled; the message: {words}");
    outcome
}

/// One delivery, for all calls that wait for it.
struct Run {
    deliver: Arc<dyn Deliver>,
    queue: Option<CallQueue>,
    deadline: Duration,
    delivery: Arc<Delivery>,
}

/// Next step of a delivery.
enum Next {
    End(DeliveryOutcome),
    /// Queue the message, which was not sent.
    Queue(Box<Envelope>),
}

impl Run {
    /// Runs the delivery. Stopping it closes its connection.
    async fn finish(self, mut permit: Permit, envelope: Envelope) {
        let expires_at = envelope.expires_at;
        let next = tokio::select! {
            biased;
            next = self.begin(&mut permit, envelope) => Ok(next),
            () = self.delivery.abandoned() => Err(Stop::Cancelled),
            () = sleep(self.deadline.saturating_add(GRACE)) => Err(Stop::Overdue),
        };
        match next {
            Ok(Next::End(outcome)) => permit.finish(outcome),
            // Not cancelled: the message is queued, or it is not.
            Ok(Next::Queue(mut envelope)) => {
                // The deadline of the call is not that of the queue.
                envelope.expires_at = expires_at;
                let outcome = self.enqueue(*envelope, permit.is_new()).await;
                permit.finish(outcome);
            }
            Err(why) => permit.stop(why),
        }
    }

    /// Delivers the message, unless it is to be queued.
    async fn begin(&self, permit: &mut Permit, envelope: Envelope) -> Next {
        let known = self.queue.as_ref().map(|queue| queue as &dyn Accepted);
        let envelope = match permit.decide(envelope, self.deadline, known).await {
            Decided::Send(envelope) => envelope,
            Decided::Settled(outcome) => return Next::End(outcome),
        };
        let mut spare = None;
        if let Some(queue) = &self.queue {
            if !permit.is_first() {
                if let Some(outcome) = earlier(queue, &envelope.id).await {
                    return Next::End(outcome);
                }
            } else if queue.must_accept(&envelope).await {
                return Next::Queue(envelope);
            } else if queue.accepts() {
                spare = Some(envelope.clone());
            }
        }
        match (self.deliver.deliver(*envelope).await, spare) {
            (Ok(receipt), _) => Next::End(DeliveryOutcome::Delivered(receipt)),
            (Err(error), Some(envelope)) if CallStatus::from(&error) == CallStatus::Throttled => {
                Next::Queue(envelope)
            }
            (Err(error), _) => Next::End(DeliveryOutcome::Failed(error)),
        }
    }

    /// Queues the message; `is_new` says that no other one ever had its id.
    async fn enqueue(&self, envelope: Envelope, is_new: bool) -> DeliveryOutcome {
        let Some(queue) = &self.queue else { return DeliveryOutcome::NotSent(Stop::Lost) };
        let id = envelope.id.clone();
        let mut accepted = queue.accept(envelope).await;
        if is_new
            && !queue.tells_progress()
            && let Ok(receipt) = &accepted
        {
            return match receipt.outcome {
                Outcome::Suppressed => DeliveryOutcome::Suppressed,
                _ => DeliveryOutcome::Queued(Box::new(Queued { standing: None, earlier: false })),
            };
        }
        let mut standing = queue.find(&id).await;
        // A caller that chooses its ids sends a message again that was given up.
        if let (Ok(_), Ok(Standing::Failed(_))) = (&accepted, &standing) {
            accepted = queue.accept_again(&id).await;
            standing = queue.find(&id).await;
        }
        match (accepted, standing) {
            (Ok(receipt), _) if receipt.outcome == Outcome::Suppressed => DeliveryOutcome::Suppressed,
            (Ok(_), Ok(Standing::Removed)) => {
                let removed = "an operator has removed the message with this id from the queue";
                DeliveryOutcome::NotRecorded(Error::new(ErrorKind::Store, removed))
            }
            (Ok(_), standing) => {
                let standing = standing.ok();
                DeliveryOutcome::Queued(Box::new(Queued { standing, earlier: false }))
            }
            // It may have been stored before the failure was known.
            (Err(error), Ok(Standing::Unknown)) => refused(error),
            (Err(error), _) => DeliveryOutcome::Failed(error),
        }
    }
}

/// Returns the outcome of a message that may have been queued by a process that was killed just then; `None` if it is
/// to be sent. What may have arrived is repeated at once and is not queued, since DingTalk forgets its id.
async fn earlier(queue: &CallQueue, id: &str) -> Option<DeliveryOutcome> {
    match queue.find(id).await {
        Ok(Standing::Unknown | Standing::Failed(_) | Standing::Removed) => None,
        Ok(Standing::Delivered { .. }) => {
            Some(DeliveryOutcome::Delivered(Receipt::new(id, Outcome::Delivered)))
        }
        Ok(standing) => {
            Some(DeliveryOutcome::Queued(Box::new(Queued { standing: Some(standing), earlier: true })))
        }
        Err(error) => Some(DeliveryOutcome::NotRecorded(error)),
    }
}

/// The queue refused the message, or could not store it.
fn refused(error: Error) -> DeliveryOutcome {
    match CallStatus::from(&error) {
        CallStatus::Unknown => DeliveryOutcome::NotRecorded(error),
        _ => DeliveryOutcome::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use dingtalk_core::{
        Message, Robot,
        delivery::{BoxFuture, Pace},
    };
    use dingtalk_sandbox::Sandbox;
    use tokio::{sync::Notify, task::yield_now};

    use super::*;
    use crate::call::answer::{Answer, CallStatus};

    fn status(outcome: &CallOutcome) -> CallStatus {
        Answer::new(outcome).status
    }

    fn call(words: &str) -> Identity {
        Identity::of_text(words)
    }

    fn envelope(text: &str) -> Envelope {
        Envelope::new(Message::text(text))
    }

    async fn quietly(_: Arc<Delivery>) {}

    /// Never finishes a delivery, and counts those that were begun and those that were dropped.
    #[derive(Clone, Default)]
    struct Silence {
        asked: Arc<AtomicUsize>,
        given_up: Arc<AtomicUsize>,
    }

    struct Counts(Arc<AtomicUsize>);

    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Deliver for Silence {
        fn deliver(&self, _: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let given_up = Counts(Arc::clone(&self.given_up));
            Box::pin(async move {
                let _given_up = given_up;
                pending().await
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_delivery_without_a_deadline_of_its_own_is_stopped() {
        let silence = Silence::default();
        let dispatcher =
            Dispatcher::new(Arc::new(silence.clone()), Duration::from_secs(25), Repeats::default());
        let began = tokio::time::Instant::now();
        let answer = dispatcher.send(call("a"), envelope("x"), pending(), quietly).await;
        assert_eq!(status(&answer), CallStatus::Unknown);
        assert_eq!(began.elapsed(), Duration::from_secs(25) + GRACE);
        assert_eq!(silence.given_up.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_call_returns_at_once_and_the_last_one_stops_the_delivery() {
        let silence = Silence::default();
        let dispatcher =
            Dispatcher::new(Arc::new(silence.clone()), Duration::from_secs(25), Repeats::default());
        let send = |cancelled| dispatcher.send(call("a"), envelope("x"), cancelled, quietly);
        let (first, second) = (Notify::new(), Notify::new());
        let given_up = || silence.given_up.load(Ordering::SeqCst);
        let ((), one, ()) = tokio::join!(
            async {
                while silence.asked.load(Ordering::SeqCst) == 0 {
                    yield_now().await;
                }
                first.notify_one();
            },
            async {
                let answers =
                    tokio::join!(send(Box::pin(first.notified())), send(Box::pin(second.notified())));
                (status(&answers.0), status(&answers.1))
            },
            async {
                // Long enough for the first call to be answered, if time were not paused.
                sleep(Duration::from_secs(5)).await;
                assert_eq!(given_up(), 0, "another call waits for it");
                second.notify_one();
            }
        );
        assert_eq!(one, (CallStatus::Unknown, CallStatus::Unknown));
        assert_eq!((silence.asked.load(Ordering::SeqCst), given_up()), (1, 1));
    }

    /// Panics.
    struct Broken;

    impl Deliver for Broken {
        fn deliver(&self, _: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
            Box::pin(async { panic!("a deliverer that panics") })
        }
    }

    #[tokio::test]
    async fn a_delivery_that_panics_is_unknown() {
        let dispatcher = Dispatcher::new(Arc::new(Broken), Duration::from_secs(25), Repeats::default());
        let answer = dispatcher.send(call("a"), envelope("x"), pending(), quietly).await;
        assert_eq!(status(&answer), CallStatus::Unknown);
    }

    /// Delivers each envelope at once and remembers nothing.
    struct Prompt;

    impl Deliver for Prompt {
        fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
            Box::pin(ready(Ok(Receipt::new(envelope.id, Outcome::Delivered))))
        }
    }

    #[tokio::test]
    async fn a_delivered_message_counts_even_if_the_call_is_cancelled_just_then() {
        let dispatcher = Dispatcher::new(Arc::new(Prompt), Duration::from_secs(25), Repeats::default());
        let cancelled = Notify::new();
        let answer = dispatcher
            .send(call("a"), envelope("x"), cancelled.notified(), |delivery| async move {
                delivery.outcome().await;
            })
            .await;
        assert_eq!(status(&answer), CallStatus::Delivered);
        let again = dispatcher.send(call("a"), envelope("x"), pending(), quietly).await;
        assert_eq!(status(&again), CallStatus::Duplicate);
    }

    #[tokio::test]
    async fn a_call_that_is_cancelled_while_it_waits_was_not_sent() {
        let sandbox = Sandbox::start().await.unwrap();
        let pace = Pace::new().limit(1).urgent_reserve(0);
        let robot = Robot::builder(sandbox.token()).base_url(sandbox.base_url()).pace(pace);
        let robot =
            robot.secret(sandbox.secret().unwrap()).deadline(Duration::from_secs(600)).build().unwrap();
        let dispatcher = Dispatcher::new(Arc::new(robot), Duration::from_secs(600), Repeats::default());
        let first = dispatcher.send(call("a"), envelope("a"), pending(), quietly).await;
        assert_eq!(status(&first), CallStatus::Delivered);
        // The next one would wait for a minute: it is cancelled as soon as it waits.
        let cancelled = Notify::new();
        let waiting = |delivery: Arc<Delivery>| {
            let cancelled = &cancelled;
            async move {
                while !delivery.is_held() {
                    yield_now().await;
                }
                cancelled.notify_one();
            }
        };
        let second = dispatcher.send(call("b"), envelope("b"), cancelled.notified(), waiting).await;
        assert_eq!(status(&second), CallStatus::Refused);
        let advice = Answer::new(&second).advice.unwrap();
        assert_eq!(advice, "Not sent. Calling again cannot post it twice.");
        assert_eq!(sandbox.requests(), 1);
    }
}
