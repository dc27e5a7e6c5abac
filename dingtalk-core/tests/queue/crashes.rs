//! A queue that ends in the middle of its work, and its successor on the same store.

use std::sync::Arc;

use dingtalk_core::{
    ErrorKind, Message,
    delivery::{Guarantee, Pace, window::RateWindow},
    queue::{
        DigestPolicy, Queue, QueueBuilder,
        store::{Loss, MemoryStore, Store as _},
    },
};
use tokio::time::{Instant, sleep};

use crate::fake::{Fake, envelope, seconds};

/// Duration of a lease: the attempt's two minutes, and half a minute more.
const LEASE: u64 = 150;

/// The length of the robot's window, which has one slot.
const WINDOW: u64 = 600;

/// State that outlives a process.
struct Kept {
    store: Arc<MemoryStore>,
    window: Arc<RateWindow>,
}

impl Kept {
    fn new() -> Self {
        let pace = Pace::new().limit(1).urgent_reserve(0).window(seconds(WINDOW));
        Self { store: Arc::default(), window: Arc::new(RateWindow::new(pace)) }
    }
}

fn builder(fake: &Fake, kept: &Kept) -> QueueBuilder {
    Queue::builder().lane("ops", fake.clone().within(&kept.window)).store(Arc::clone(&kept.store))
}

/// A queue that ends while it sends a digest of a, b and c; returns the digest.
async fn crash(kept: &Kept) -> dingtalk_core::Envelope {
    let fake = Fake::hanging();
    let queue = builder(&fake, kept).digest(DigestPolicy::default()).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let pending = queue.shutdown(seconds(1)).await.unwrap_err();
    assert_eq!(pending.lanes["ops"].sending, 3);
    fake.envelopes().remove(0)
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_digest_is_sent_again_as_it_was_and_its_slot_was_used() {
    let kept = Kept::new();
    let crashed = Instant::now();
    let digest = crash(&kept).await;
    let fake = Fake::new();
    let queue = builder(&fake, &kept).digest(DigestPolicy::default()).build().unwrap();
    for id in ["d", "e", "f"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    sleep(seconds(WINDOW + 10)).await;
    assert_eq!(fake.ids(), [""; 0], "the slot is taken as long as nobody knows");
    queue.flush(seconds(3000)).await.unwrap();
    assert!(crashed.elapsed() >= seconds(LEASE + 2 * 60).max(seconds(2 * WINDOW)));
    let envelopes = fake.envelopes();
    assert_eq!(envelopes[0], digest, "the same words under the same id, before what came later");
    assert_eq!(envelopes.len(), 2);
    let Message::Markdown(later) = &envelopes[1].message else { panic!("{envelopes:?}") };
    assert!(later.text.ends_with("- This is d\n- This is e\n- This is f"), "{}", later.text);
    assert_eq!(queue.losses().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn at_most_once_gives_up_what_was_interrupted() {
    let kept = Kept::new();
    crash(&kept).await;
    let fake = Fake::new();
    let queue = builder(&fake, &kept).guarantee(Guarantee::AtMostOnce).build().unwrap();
    queue.flush(seconds(1000)).await.unwrap();
    assert_eq!(fake.ids(), [""; 0]);
    let letters = queue.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 3);
    for letter in letters {
        assert_eq!((letter.loss, letter.failure.kind), (Loss::Unknown, ErrorKind::Unknown));
        assert!(letter.may_have_arrived);
    }
    assert_eq!(queue.losses().to_string(), "3 unknown");
}

#[tokio::test(start_paused = true)]
async fn the_newest_dead_letters_are_kept() {
    let store = Arc::new(MemoryStore::new().dead_letter_capacity(2));
    let fake = Fake::failing(ErrorKind::Keyword);
    let lane = fake.clone();
    let queue = Queue::builder().lane("ops", lane).store(Arc::clone(&store)).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(1)).await.unwrap();
    let ids = |letters: Vec<dingtalk_core::queue::store::DeadLetter>| -> Vec<String> {
        letters.into_iter().map(|letter| letter.envelope.id).collect()
    };
    assert_eq!(ids(queue.dead_letters(10).await.unwrap()), ["c", "b"], "newest first");
    assert_eq!(ids(store.dead_letters(1).await.unwrap()), ["c"]);
    assert_eq!(queue.losses().total(), 3, "all are counted");
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids().len(), 3, "also one that was forgotten is known");
}
