//! A queue on a store that outlives it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Deliver as _, DeliverExt as _, Envelope, Error, ErrorKind, Message, Robot,
    delivery::BoxFuture,
    pool::Pool,
    queue::{
        DigestPolicy, Queue, QueueBuilder,
        store::{
            Begun, Claim, Claimed, DeadLetter, Enqueued, LanePending, Loss, MemoryStore, Merge, Settlement,
            Store,
        },
    },
};
use tokio::time::{Instant, sleep};

use crate::fake::{Fake, envelope, seconds};

/// A store in memory that is taken for a durable one: it cannot accept notifications without waiting.
#[derive(Clone, Default)]
struct Durable(Arc<MemoryStore>);

impl Store for Durable {
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>> {
        self.0.enqueue(lane, envelope, capacity)
    }

    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>> {
        self.0.claim(lane, max, lease)
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        self.0.release(claim)
    }

    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        self.0.merge(claim, merges)
    }

    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.0.begin(claim, id, lease)
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        self.0.settle(claim, id, settlement)
    }

    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        self.0.pending(lane)
    }

    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        self.0.lanes()
    }

    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        self.0.dead_letters(max)
    }

    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        self.0.redeliver(id, capacity)
    }

    fn poll_interval(&self) -> Option<Duration> {
        Some(seconds(1))
    }
}

fn robot(token: &str) -> Robot {
    Robot::builder(token).base_url("http://127.0.0.1:9").build().unwrap()
}

fn queue(fake: &Fake, store: &Durable) -> QueueBuilder {
    Queue::builder().lane("ops", fake.clone()).store(store.clone())
}

#[tokio::test(start_paused = true)]
async fn a_lane_is_kept_under_its_robot_and_not_under_its_name() {
    let store = Durable::default();
    let queue = Queue::builder()
        .lane("ops", robot("0123abcd"))
        .lane("pool", Pool::new([robot("a1"), robot("a2")]).unwrap())
        .lane("own", Fake::failing(ErrorKind::Keyword))
        .store(store.clone())
        .build()
        .unwrap();
    for lane in ["ops", "pool", "own"] {
        queue.deliver(envelope(lane).with_robot(lane)).await.unwrap();
    }
    let kept: Vec<String> = store.lanes().await.unwrap().into_iter().map(|(lane, _)| lane).collect();
    let ops = robot("0123abcd").lane_key().unwrap();
    assert_eq!(ops.len(), "robot:".len() + 64);
    let pool = Pool::new([robot("a2"), robot("a1")]).unwrap().lane_key().unwrap();
    assert_eq!(kept, ["name:own".to_owned(), pool, ops]);
    sleep(seconds(1)).await;
    let pending = queue.pending().await.unwrap();
    assert_eq!(pending.lanes["ops"].total(), 1, "{pending}");
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("its text has no keyword") };
    assert_eq!(letter.lane, "own");
}

#[tokio::test(start_paused = true)]
async fn two_lanes_of_one_robot_are_refused() {
    let builder = || Queue::builder().lane("ops", robot("0123abcd")).lane("dev", robot("0123abcd"));
    let error = builder().store(Durable::default()).build().unwrap_err();
    assert!(error.to_string().contains("`ops` and `dev` deliver through the same robot"), "{error}");
    builder().build().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_notification_expires_after_a_day_unless_set() {
    let day = 24 * 60 * 60;
    for (expiry, expires_in) in [(None, Some(day)), (Some(None), None), (Some(Some(seconds(60))), Some(60))] {
        let (fake, store) = (Fake::new(), Durable::default());
        let mut builder = queue(&fake, &store);
        if let Some(expiry) = expiry {
            builder = builder.expiry(expiry);
        }
        let queue = builder.build().unwrap();
        let before = SystemTime::now();
        queue.deliver(envelope("a")).await.unwrap();
        let own = before + seconds(10);
        queue.deliver(envelope("b").with_expiry(own)).await.unwrap();
        queue.flush(seconds(5)).await.unwrap();
        let [a, b] = &fake.envelopes()[..] else { panic!("two are sent") };
        let about = |at: SystemTime| at.duration_since(before).unwrap().as_secs();
        assert_eq!(a.expires_at.map(about), expires_in);
        assert_eq!(b.expires_at, Some(own));
    }
}

#[tokio::test(start_paused = true)]
async fn try_send_promises_nothing_that_a_durable_store_has_not_written() {
    let (fake, store) = (Fake::new(), Durable::default());
    let queue = queue(&fake, &store).build().unwrap();
    let error = queue.try_send(&Message::text("a")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("use `deliver` and await it"), "{error}");
    assert_eq!(store.lanes().await.unwrap(), []);
    queue.send(&Message::text("a")).await.unwrap();
    queue.flush(seconds(5)).await.unwrap();
    assert_eq!(fake.ids().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_ends_leaves_notifications_to_the_next_one() {
    let store = Durable::default();
    let fake = Fake::new();
    let digests = |fake: &Fake| queue(fake, &store).digest(DigestPolicy::default()).build().unwrap();
    let first = digests(&fake);
    for id in ["0", "a", "b", "c"] {
        first.deliver(envelope(id)).await.unwrap();
    }
    let started = Instant::now();
    assert_eq!(first.shutdown(seconds(2)).await.unwrap_err().total(), 3);
    assert!(started.elapsed() < seconds(1), "nothing is due before the deadline");
    assert_eq!(fake.ids(), ["0"], "neither merged early nor counted as lost");
    assert_eq!(first.losses().count(Loss::Dropped), 0);
    let second = digests(&fake);
    sleep(seconds(6)).await;
    assert_eq!(fake.ids().len(), 2);
    assert!(second.pending().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_only_accepts_leaves_the_delivery_to_others() {
    let store = Durable::default();
    let fake = Fake::new();
    let accepting =
        Queue::builder().only_lane(fake.clone()).store(store.clone()).accept_only().build().unwrap();
    accepting.deliver(envelope("a")).await.unwrap();
    sleep(seconds(600)).await;
    assert!(fake.ids().is_empty());
    drop(accepting);
    let delivering = Queue::builder().only_lane(fake.clone()).store(store).build().unwrap();
    delivering.flush(seconds(60)).await.unwrap();
    assert_eq!(fake.ids(), ["a"]);
}
