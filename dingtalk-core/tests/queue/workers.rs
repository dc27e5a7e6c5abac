//! Random histories of two queues on one store, with failures, crashes and a clock that jumps.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt,
    delivery::{BoxFuture, Guarantee, Outcome, Urgency},
    queue::{DigestPolicy, Queue, store::MemoryStore},
};
use proptest::{prelude::*, sample::select};
use tokio::time::{Instant, sleep};

use crate::{fake::seconds, shared};

/// Fate of a request.
#[derive(Debug, Clone, Copy)]
enum Then {
    Arrive,
    NotSent,
    /// The message arrives, but its answer does not.
    Unanswered,
    /// Neither arrives.
    Silence,
    Refuse,
    /// The message arrives, and the request never ends.
    Hang,
    Throttle,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Enqueue {
        urgent: bool,
    },
    Wait(u64),
    /// One of the two queues ends in the middle of its work, and another one begins.
    Crash(usize),
    /// The clock of the store is changed by this many seconds.
    Jump(i64),
}

/// A group, and the requests to it.
#[derive(Clone)]
struct Group(Arc<Mutex<(Vec<Then>, Vec<Envelope>)>>);

impl Deliver for Group {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            envelope.mark_attempt().await?;
            let id = envelope.id.clone();
            let then = {
                let (fates, arrived) = &mut *self.0.lock().unwrap();
                let then = fates.pop().unwrap_or(Then::Arrive);
                if matches!(then, Then::Arrive | Then::Unanswered | Then::Hang) {
                    arrived.push(envelope);
                }
                then
            };
            sleep(seconds(1)).await;
            let error = |kind| Err(Error::new(kind, "as drawn"));
            match then {
                Then::Arrive => Ok(Receipt::new(id, Outcome::Delivered)),
                Then::NotSent => error(ErrorKind::NotSent),
                Then::Unanswered | Then::Silence => error(ErrorKind::Unknown),
                Then::Refuse => error(ErrorKind::ForbiddenContent),
                Then::Throttle => error(ErrorKind::Throttled),
                Then::Hang => std::future::pending().await,
            }
        })
    }

    fn marks_attempts(&self) -> bool {
        true
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::bool::weighted(0.3).prop_map(|urgent| Step::Enqueue { urgent }),
        3 => prop_oneof![0..3_u64, 3..200_u64].prop_map(Step::Wait),
        1 => (0..2_usize).prop_map(Step::Crash),
        1 => (-150..300_i64).prop_map(Step::Jump),
    ];
    prop::collection::vec(step, 1..60)
}

fn fates() -> impl Strategy<Value = Vec<Then>> {
    let fate = select(vec![
        Then::Arrive,
        Then::Arrive,
        Then::Arrive,
        Then::NotSent,
        Then::Unanswered,
        Then::Silence,
        Then::Refuse,
        Then::Hang,
        Then::Throttle,
    ]);
    prop::collection::vec(fate, 0..25)
}

/// Runs a history to its end; returns the accepted notifications, those that arrived, by request, and the dead letters.
async fn run(
    steps: &[Step],
    fates: Vec<Then>,
    guarantee: Guarantee,
) -> (Vec<String>, Vec<Envelope>, BTreeSet<String>) {
    let jumped = Arc::new(AtomicI64::new(0));
    let (started, at) = (Instant::now(), SystemTime::now());
    let clock = {
        let jumped = Arc::clone(&jumped);
        move || {
            let jumped = jumped.load(Ordering::Relaxed);
            let time = at + started.elapsed() + seconds(100_000);
            if jumped < 0 {
                time - seconds(jumped.unsigned_abs())
            } else {
                time + seconds(jumped.unsigned_abs())
            }
        }
    };
    let store = Arc::new(MemoryStore::new().clock(clock));
    let group = Group(Arc::new(Mutex::new((fates, Vec::new()))));
    let start = |digest: bool| {
        let builder = Queue::builder().lane("ops", group.clone()).store(Arc::clone(&store));
        builder.guarantee(guarantee).digest(digest.then(DigestPolicy::default)).build().unwrap()
    };
    let mut queues = [start(true), start(false)];
    let mut accepted = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Enqueue { urgent } => {
                let id = format!("n{number}");
                let mut envelope = Envelope::new(Message::text(format!("This is {id}."))).with_id(&*id);
                if urgent {
                    envelope = envelope.with_urgency(Urgency::Urgent);
                }
                queues[number % 2].try_deliver(envelope).unwrap();
                accepted.push(id);
            }
            Step::Wait(time) => sleep(seconds(time)).await,
            Step::Crash(queue) => {
                let _ = queues[queue].shutdown(Duration::ZERO).await;
                queues[queue] = start(queue == 0);
            }
            Step::Jump(by) => drop(jumped.fetch_add(by, Ordering::Relaxed)),
        }
    }
    // An urgent one is a signal for workers whose clock was set back while they slept.
    group.0.lock().unwrap().0.clear();
    for _ in 0..100 {
        let left = queues[0].flush(seconds(1000)).await;
        if left.is_ok() {
            break;
        }
        queues[1].flush(seconds(1)).await.unwrap_or_default();
    }
    let left = queues[0].pending().await.unwrap();
    assert!(left.is_empty(), "{left}");
    let dead = queues[0].dead_letters(1000).await.unwrap();
    let arrived = group.0.lock().unwrap().1.clone();
    (accepted, arrived, dead.into_iter().map(|letter| letter.envelope.id).collect())
}

fn text(message: &Message) -> &str {
    match message {
        Message::Text(text) => &text.content,
        Message::Markdown(markdown) => &markdown.text,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(shared::properties())]

    #[test]
    fn accepted_notifications_never_vanish(steps in steps(), fates in fates(), once: bool) {
        let guarantee = if once { Guarantee::AtMostOnce } else { Guarantee::AtLeastOnce };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (accepted, arrived, dead) = runtime.block_on(run(&steps, fates, guarantee));
        let mut messages: BTreeMap<&str, &Message> = BTreeMap::new();
        for envelope in &arrived {
            let first = messages.entry(&envelope.id).or_insert(&envelope.message);
            prop_assert_eq!(*first, &envelope.message, "one id, one message");
        }
        for id in &accepted {
            let shown = format!("This is {id}.");
            let by: Vec<&str> =
                arrived.iter().filter(|envelope| text(&envelope.message).contains(&shown)).map(|envelope| &*envelope.id).collect();
            prop_assert!(!by.is_empty() || dead.contains(id), "{} has vanished", id);
            let ids: BTreeSet<&&str> = by.iter().collect();
            prop_assert!(ids.len() <= 1, "{} arrived under several ids: {:?}", id, by);
            prop_assert!(!once || by.len() <= 1, "{} arrived {} times", id, by.len());
        }
    }
}
