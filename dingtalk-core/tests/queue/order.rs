//! Order of notifications, refusal of new ones, and rate of sending.

use std::{sync::Arc, time::SystemTime};

use dingtalk_core::{
    Deliver, DeliverExt as _, Envelope, Error, ErrorKind, Message, Receipt,
    delivery::{
        BoxFuture, Outcome, Pace, Retry, Urgency,
        window::{RateWindow, SlotRequest, Waiter},
    },
    queue::{Queue, store::Loss},
};
use tokio::time::{Instant, sleep};

use crate::fake::{Fake, envelope, queue, seconds, urgent};

#[tokio::test(start_paused = true)]
async fn urgent_ones_go_first_and_the_others_in_order() {
    let fake = Fake::new();
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    for id in ["u", "v"] {
        queue.try_deliver(urgent(id)).unwrap();
    }
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "v", "a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn an_urgent_one_overtakes_those_that_wait_for_the_rate() {
    let fake = Fake::new();
    let pace = Pace::new().limit(3).urgent_reserve(1).window(seconds(60));
    let queue = Queue::builder().lane("ops", fake.clone().paced(pace)).build().unwrap();
    for id in ["a", "b", "c", "d", "e"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    sleep(seconds(10)).await;
    assert_eq!(fake.ids(), ["a", "b"], "one place is kept");
    queue.try_deliver(urgent("u")).unwrap();
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!(fake.ids(), ["a", "b", "u", "c", "d", "e"]);
    let times = fake.seconds();
    assert!((times[2] - 10.0).abs() < 0.1, "at once: {times:?}");
    for three in times.windows(4) {
        assert!(three[3] - three[0] >= 60.0, "more than three in a minute: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_queued_and_a_known_id_is_accepted_once() {
    let fake = Fake::new();
    let queue = queue(&fake);
    for _ in 0..2 {
        let receipt = queue.deliver(envelope("a")).await.unwrap();
        assert_eq!((receipt.outcome, receipt.attempts, &*receipt.id), (Outcome::Queued, 0, "a"));
        assert_eq!(receipt.robot.as_deref(), Some("ops"));
    }
    queue.send(&Message::text("b")).await.unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids().len(), 2);
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids().len(), 2, "it is known after its delivery, too");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_until_there_is_room() {
    let fake = Fake::new();
    let queue = Queue::builder().lane("ops", fake.clone()).capacity(2).build().unwrap();
    queue.try_deliver(envelope("a")).unwrap();
    queue.try_deliver(envelope("b")).unwrap();
    let error = queue.try_deliver(envelope("c")).unwrap_err();
    assert_eq!((error.kind(), error.retry(), error.id()), (ErrorKind::QueueFull, Retry::Safe, Some("c")));
    assert!(error.to_string().starts_with("the queue is full (2 notifications wait)"), "{error}");
    queue.try_deliver(envelope("a")).unwrap();
    queue.try_deliver(urgent("u")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    queue.try_deliver(envelope("c")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "a", "b", "c"]);
    assert_eq!(queue.losses().total(), 0, "who was told can send again");
}

#[tokio::test(start_paused = true)]
async fn an_urgent_one_takes_the_place_of_the_newest_other_in_a_full_queue() {
    let fake = Fake::new();
    let queue = Queue::builder().lane("ops", fake.clone()).capacity(2).build().unwrap();
    for envelope in [envelope("a"), envelope("b"), urgent("u"), urgent("v")] {
        queue.try_deliver(envelope).unwrap();
    }
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("the newest is kept") };
    assert_eq!((&*letter.envelope.id, letter.loss, letter.attempts), ("b", Loss::Displaced, 0));
    assert_eq!(letter.failure.kind, ErrorKind::QueueFull);
    queue.try_deliver(urgent("w")).unwrap();
    assert_eq!(queue.losses().to_string(), "2 displaced");
    let error = queue.try_deliver(urgent("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QueueFull, "urgent ones do not displace each other");
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "v", "w"]);
    queue.redeliver("b").await.unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "v", "w", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_expires_while_it_waits_is_not_sent() {
    let fake = Fake::new();
    let pace = Pace::new().limit(1).urgent_reserve(0).window(seconds(60));
    let queue = Queue::builder().lane("ops", fake.clone().paced(pace)).build().unwrap();
    let expiry = SystemTime::now() + seconds(30);
    queue.try_deliver(envelope("a")).unwrap();
    queue.try_deliver(envelope("b").with_expiry(expiry)).unwrap();
    queue.try_deliver(envelope("c")).unwrap();
    sleep(seconds(20)).await;
    assert_eq!(queue.pending().await.unwrap().total(), 2);
    sleep(seconds(11)).await;
    assert_eq!(
        queue.pending().await.unwrap().total(),
        1,
        "it is gone when it expires, not when its turn comes"
    );
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("one has expired") };
    assert_eq!((&*letter.envelope.id, letter.loss, letter.attempts), ("b", Loss::Expired, 0));
    assert_eq!(letter.failure.kind, ErrorKind::Expired);
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!(fake.ids(), ["a", "c"]);
    assert_eq!(queue.losses().to_string(), "1 expired");
}

/// Takes a slot of the window for a request of another program, when it is its turn.
async fn send_past_the_queue(window: &Arc<RateWindow>) {
    let request = SlotRequest::new(seconds(600), seconds(20));
    drop(Waiter::join(&**window, Urgency::Normal).take(request).await.unwrap().unwrap());
}

/// A queue that holds `a`, whose slot was taken by another program at 60 s; at 110 s it waits for the next.
async fn overtaken() -> (Queue, Fake, Arc<RateWindow>) {
    let window = Arc::new(RateWindow::new(Pace::new().limit(2).urgent_reserve(1).window(seconds(60))));
    let fake = Fake::new().within(&window);
    let queue = queue(&fake);
    send_past_the_queue(&window).await;
    queue.try_deliver(envelope("a")).unwrap();
    sleep(seconds(50)).await;
    send_past_the_queue(&window).await;
    sleep(seconds(50)).await;
    assert_eq!(fake.ids(), [""; 0]);
    (queue, fake, window)
}

#[tokio::test(start_paused = true)]
async fn one_that_was_overtaken_waits_among_the_others() {
    let (queue, fake, window) = overtaken().await;
    let started = Instant::now();
    send_past_the_queue(&window).await;
    assert!(started.elapsed() > seconds(60), "the queue's notification was first");
    queue.flush(seconds(0)).await.unwrap();
    assert!((fake.seconds()[0] - 120.0).abs() < 0.1, "{:?}", fake.seconds());
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_among_the_others_gives_way_to_an_urgent_one() {
    let (queue, fake, _) = overtaken().await;
    queue.try_deliver(urgent("u")).unwrap();
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "a"]);
    assert!((fake.seconds()[0] - 110.0).abs() < 0.1, "at once: {:?}", fake.seconds());
    assert_eq!(queue.losses().total(), 0);
}

/// Makes its request ten seconds after the delivery begins.
struct Late(Fake);

impl Deliver for Late {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            sleep(seconds(10)).await;
            envelope.mark_attempt().await?;
            self.0.deliver(envelope).await
        })
    }

    fn marks_attempts(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_expires_before_its_request_does_not_delay_the_others() {
    let fake = Fake::new();
    let queue = Queue::builder().lane("ops", Late(fake.clone())).build().unwrap();
    queue.try_deliver(envelope("a").with_expiry(SystemTime::now() + seconds(5))).unwrap();
    queue.try_deliver(envelope("b")).unwrap();
    queue.flush(seconds(60)).await.unwrap();
    assert_eq!((fake.ids(), queue.losses().to_string()), (vec!["b".to_owned()], "1 expired".to_owned()));
}

#[cfg(feature = "jiff")]
#[tokio::test(start_paused = true)]
async fn in_quiet_hours_only_urgent_ones_are_sent() {
    use dingtalk_core::queue::{DigestPolicy, QuietHours, store::MemoryStore};

    // 2026-11-29T23:00 in Shanghai.
    let (at, started) = (SystemTime::UNIX_EPOCH + seconds(1_795_964_400), Instant::now());
    let store = MemoryStore::new().clock(move || at + started.elapsed());
    let fake = Fake::new();
    let night = QuietHours::new("22:00", "07:00", "Asia/Shanghai").unwrap();
    let builder = Queue::builder().lane("ops", fake.clone()).store(store).digest(DigestPolicy::default());
    let queue = builder.quiet_hours(night).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    sleep(seconds(3600)).await;
    queue.try_deliver(urgent("u")).unwrap();
    queue.flush(seconds(7 * 3600 - 1)).await.unwrap_err();
    assert_eq!(fake.ids(), ["u"]);
    queue.flush(seconds(10)).await.unwrap();
    assert_eq!(fake.ids().len(), 2, "the others are merged in the morning");
}
