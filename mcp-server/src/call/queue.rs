//! The durable queue of a server: accepts messages whose calls would have to wait longer than their clients do.

#![cfg_attr(not(feature = "program"), allow(dead_code, reason = "only the command line has a queue"))]

use std::{fmt, sync::Arc};

use dingtalk_core::{Deliver as _, Envelope, Error, Receipt, delivery::BoxFuture, queue::Queue};

use super::standing::{Accepted, Standing};

/// The queue of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct CallQueue {
    queue: Queue,
    accepted: Arc<dyn Accepted>,
    accepts: Accepts,
}

/// Messages that a queue accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepts {
    /// Those that would have to wait too long.
    Waiting,
    /// Each message, also if it could be sent at once.
    All,
    /// None: it only knows what others have queued.
    None,
}

impl CallQueue {
    /// Creates a queue; `accepted` knows the messages in its store.
    pub(crate) fn new(queue: Queue, accepted: impl Accepted + 'static) -> Self {
        Self { queue, accepted: Arc::new(accepted), accepts: Accepts::Waiting }
    }

    /// Queues each message.
    pub(crate) fn always(mut self) -> Self {
        self.accepts = Accepts::All;
        self
    }

    /// Queues nothing, and only finds what others have queued.
    pub(crate) fn only_known(mut self) -> Self {
        self.accepts = Accepts::None;
        self
    }

    /// Reports that it accepts messages.
    pub(crate) fn accepts(&self) -> bool {
        self.accepts != Accepts::None
    }

    /// Reports that its callers are told how far their messages are, and not only that they are queued.
    pub(crate) fn tells_progress(&self) -> bool {
        self.accepts != Accepts::All
    }

    /// Reports that the message must be queued before anything is tried: it would overtake others, or has rules that
    /// only the queue applies.
    pub(crate) async fn must_accept(&self, envelope: &Envelope) -> bool {
        // A store that cannot be read reports that when the message is queued.
        match self.accepts {
            Accepts::All => true,
            Accepts::None => false,
            Accepts::Waiting => self.queue.holds(envelope).await.unwrap_or(true),
        }
    }

    /// Stores the message.
    pub(crate) async fn accept(&self, envelope: Envelope) -> Result<Receipt, Error> {
        self.queue.deliver(envelope).await
    }

    /// Puts a message back that was given up.
    pub(crate) async fn accept_again(&self, id: &str) -> Result<Receipt, Error> {
        self.queue.redeliver(id).await
    }
}

impl Accepted for CallQueue {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        self.accepted.find(id)
    }
}

impl fmt::Debug for CallQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallQueue").field("queue", &self.queue).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use dingtalk_core::{
        Deliver, ErrorKind, Message,
        delivery::{Dedupe, Outcome},
        queue::store::MemoryStore,
    };

    use super::*;
    use crate::call::{
        answer::{Answer, CallStatus},
        delivery::Dispatcher,
        outcome::CallOutcome,
        repeat::{Identity, Repeats},
        standing::{Failed, Waiting},
    };

    /// A robot whose slots are taken, and that counts the messages which it is asked to send.
    #[derive(Clone, Default)]
    struct Robot {
        asked: Arc<AtomicUsize>,
        free: bool,
    }

    impl Deliver for Robot {
        fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let full = || Error::new(ErrorKind::RateLimited, "").with_id(&*envelope.id);
            let sent = self.free.then(|| Receipt::new(&*envelope.id, Outcome::Delivered));
            Box::pin(ready(sent.ok_or_else(full)))
        }
    }

    /// A robot that never finishes, so that all messages of its lane wait.
    struct Never;

    impl Deliver for Never {
        fn deliver(&self, _: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
            Box::pin(pending())
        }
    }

    /// The state of every message.
    #[derive(Clone)]
    struct All(Arc<Mutex<Standing>>);

    impl All {
        fn set(&self, standing: Standing) {
            *self.0.lock().unwrap() = standing;
        }
    }

    impl Accepted for All {
        fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
            Box::pin(ready(Ok(self.0.lock().unwrap().clone())))
        }
    }

    struct Server {
        dispatcher: Dispatcher,
        robot: Robot,
        queue: Queue,
        standing: All,
    }

    impl Server {
        fn new(free: bool, capacity: usize) -> Self {
            let robot = Robot { free, ..Robot::default() };
            let queue = Queue::builder().only_lane(Never).store(MemoryStore::new()).capacity(capacity);
            let queue = queue.build().unwrap();
            let standing = All(Arc::new(Mutex::new(Standing::Waiting(Waiting::default()))));
            let calls = CallQueue::new(queue.clone(), standing.clone());
            let dispatcher =
                Dispatcher::new(Arc::new(robot.clone()), Duration::from_secs(25), Repeats::default());
            Self { dispatcher: dispatcher.with_queue(Some(calls)), robot, queue, standing }
        }

        async fn send(&self, envelope: Envelope, name: &str) -> (CallStatus, String) {
            let call = Identity::of_text(name);
            let outcome = self.dispatcher.send(call, envelope, pending(), |_| async {}).await;
            let id = outcome.id().unwrap_or_default().to_owned();
            (Answer::new(&outcome).status, id)
        }

        async fn call(&self, name: &str) -> (CallStatus, String) {
            self.send(Envelope::new(Message::text(name)), name).await
        }

        async fn queued(&self) -> usize {
            self.queue.pending().await.unwrap().total()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_would_wait_is_queued_and_the_same_call_finds_its_message() {
        let server = Server::new(false, 100);
        let (status, id) = server.call("a").await;
        assert_eq!((status, server.queued().await), (CallStatus::Queued, 1));
        for _ in 0..3 {
            assert_eq!(server.call("a").await, (CallStatus::Queued, id.clone()));
            tokio::time::advance(Duration::from_secs(3_600)).await;
        }
        server.standing.set(Standing::Delivered { age: Duration::from_secs(59) });
        assert_eq!(server.call("a").await, (CallStatus::Duplicate, id.clone()));
        assert_eq!(server.queued().await, 1, "nothing is queued twice");
        // Long ago: the call means another message.
        server.standing.set(Standing::Delivered { age: Duration::from_secs(60) });
        let (_, again) = server.call("a").await;
        assert_ne!(again, id);
        assert_eq!(server.queued().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_was_given_up_is_sent_again_unless_it_may_have_arrived() {
        let failed = |may_have_arrived| {
            let (kind, text) = (ErrorKind::Unknown, String::new());
            Standing::Failed(Failed { kind, text, may_have_arrived, age: Duration::from_secs(30) })
        };
        let server = Server::new(false, 100);
        let (_, id) = server.call("a").await;
        server.standing.set(failed(true));
        assert_eq!(server.call("a").await, (CallStatus::Unknown, id.clone()));
        assert_eq!(server.queued().await, 1);
        for standing in [failed(false), Standing::Removed, Standing::Unknown] {
            let server = Server::new(false, 100);
            let (_, id) = server.call("a").await;
            server.standing.set(standing);
            assert_ne!(server.call("a").await.1, id);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_does_not_overtake_those_that_wait() {
        let server = Server::new(true, 100);
        assert_eq!(server.call("first").await.0, CallStatus::Delivered);
        server.queue.try_send(&Message::text("waits")).unwrap();
        server.queue.try_send(&Message::text("waits, too")).unwrap();
        tokio::task::yield_now().await;
        assert_eq!(server.call("second").await.0, CallStatus::Queued);
        assert_eq!(server.robot.asked.load(Ordering::SeqCst), 1);
        let urgent = Envelope::new(Message::text("!")).with_urgency(dingtalk_core::delivery::Urgency::Urgent);
        assert_eq!(server.send(urgent, "urgent").await.0, CallStatus::Delivered);
    }

    #[tokio::test(start_paused = true)]
    async fn rules_on_repetitions_apply_to_calls() {
        let server = Server::new(true, 100);
        let alert = || {
            let mut envelope = Envelope::new(Message::text("down"));
            envelope.dedupe = Some(Dedupe::new("web-3", Duration::from_secs(600)));
            envelope
        };
        assert_eq!(server.send(alert(), "a").await.0, CallStatus::Queued);
        // Another call: the rule excludes its message.
        let call = Identity::of_text("b");
        let outcome = server.dispatcher.send(call, alert(), pending(), |_| async {}).await;
        let answer = Answer::new(&outcome);
        assert_eq!(answer.status, CallStatus::Duplicate);
        assert!(answer.advice.unwrap().starts_with("Nothing was sent: "));
        assert_eq!((server.queued().await, server.robot.asked.load(Ordering::SeqCst)), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_and_remembers_nothing() {
        let server = Server::new(false, 1);
        server.call("a").await;
        server.standing.set(Standing::Unknown);
        let call = Identity::of_text("b");
        let envelope = Envelope::new(Message::text("b"));
        let outcome = server.dispatcher.send(call, envelope, pending(), |_| async {}).await;
        let answer = Answer::new(&outcome);
        assert_eq!(answer.status, CallStatus::Refused);
        assert!(matches!(&outcome, CallOutcome::Delivery { .. }), "{outcome:?}");
        assert!(answer.advice.as_deref().unwrap().starts_with("Not sent."), "{answer:?}");
    }
}
