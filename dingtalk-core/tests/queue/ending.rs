//! Flushing, shutting down, and dropping a queue.

use dingtalk_core::{
    ErrorKind, Message,
    delivery::Pace,
    queue::{DigestPolicy, Queue, store::Loss},
};
use tokio::time::{Instant, sleep};

use crate::{
    fake::{Fake, Then, envelope, queue, seconds},
    log::Log,
};

/// Logs into it as long as the guard lives.
fn install(log: &Log) -> tracing::subscriber::DefaultGuard {
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    tracing::subscriber::set_default(subscriber)
}

fn lines_with(log: &Log, words: &str) -> Vec<String> {
    log.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
}

const DROPPED: &str = "the queue ended before these were delivered";

#[tokio::test(start_paused = true)]
async fn a_flush_returns_when_all_is_settled_or_reports_the_rest() {
    let fake = Fake::new().taking(seconds(10));
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let started = Instant::now();
    let pending = queue.flush(seconds(15)).await.unwrap_err();
    assert_eq!(started.elapsed(), seconds(15));
    assert_eq!(pending.total(), 2);
    let lane = pending.lanes["ops"];
    assert_eq!((lane.waiting, lane.sending), (1, 1));
    queue.flush(seconds(60)).await.unwrap();
    assert_eq!(started.elapsed(), seconds(30), "as soon as the last one is settled");
    queue.flush(seconds(0)).await.unwrap();
    let pending = queue.pending().await.unwrap();
    assert!(pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn shutdown_delivers_as_much_as_possible_and_accepts_nothing_more() {
    let log = Log::default();
    let _guard = install(&log);
    let fake = Fake::new().taking(seconds(1));
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let ending = tokio::spawn({
        let queue = queue.clone();
        async move { queue.shutdown(seconds(10)).await }
    });
    sleep(seconds(1)).await;
    let error = queue.try_deliver(envelope("d")).unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::QueueClosed, Some("d")));
    assert_eq!(queue.redeliver("a").await.unwrap_err().kind(), ErrorKind::QueueClosed);
    ending.await.unwrap().unwrap();
    assert_eq!(fake.ids(), ["a", "b", "c"]);
    drop(queue);
    assert_eq!(lines_with(&log, DROPPED), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn shutdown_counts_undelivered_notifications_and_reports_them_once() {
    let log = Log::default();
    let _guard = install(&log);
    let fake = Fake::hanging();
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let started = Instant::now();
    let pending = queue.shutdown(seconds(10)).await.unwrap_err();
    assert_eq!((pending.total(), started.elapsed()), (3, seconds(10)));
    assert_eq!(queue.losses().count(Loss::Dropped), 3);
    drop(queue);
    sleep(seconds(1)).await;
    assert_eq!(lines_with(&log, DROPPED).len(), 1);
    assert!(lines_with(&log, DROPPED)[0].contains("pending=3"), "{:?}", lines_with(&log, DROPPED));
}

#[tokio::test(start_paused = true)]
async fn shutdown_tells_the_group_the_number_of_lost_notifications() {
    // After the first one, only the slot for an urgent one is free.
    let fake = Fake::new();
    let pace = Pace::new().limit(2).urgent_reserve(1).window(seconds(600));
    let lane = fake.clone().paced(pace);
    let queue = Queue::builder().lane("ops", lane).digest(DigestPolicy::default()).build().unwrap();
    for id in ["a", "b", "c", "d"] {
        queue.try_deliver(envelope(id)).unwrap();
        sleep(seconds(1)).await;
    }
    assert_eq!(fake.ids(), ["a"]);
    let started = Instant::now();
    assert_eq!(queue.shutdown(seconds(30)).await.unwrap_err().total(), 3);
    assert!(started.elapsed() < seconds(30), "no slot is free before the deadline");
    let Message::Text(notice) = &fake.envelopes()[1].message else { panic!("{:?}", fake.envelopes()) };
    assert_eq!(notice.content, "3 notifications were not sent: the program has ended");
    assert_eq!(queue.losses().count(Loss::Dropped), 3);
}

#[tokio::test(start_paused = true)]
async fn drain_does_not_wait_for_what_cannot_be_sent_in_time() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::NotSent)]);
    let queue = queue(&fake);
    for id in ["a", "b"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let started = Instant::now();
    assert_eq!(queue.drain(seconds(2)).await.unwrap_err().total(), 1);
    assert_eq!((started.elapsed(), fake.ids()), (seconds(0), vec!["a".to_owned(), "b".to_owned()]));
    queue.try_deliver(envelope("c")).unwrap();
    assert_eq!(queue.drain(seconds(2)).await.unwrap_err().total(), 1);
    assert_eq!(fake.ids()[2..], ["c"], "new ones are sent");
    queue.drain(seconds(60)).await.unwrap();
    assert_eq!(fake.ids()[3..], ["a"]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_ends_the_queue_and_counts_waiting_notifications() {
    let log = Log::default();
    let _guard = install(&log);
    let fake = Fake::new().taking(seconds(10));
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    let clone = queue.clone();
    drop(queue);
    sleep(seconds(5)).await;
    assert_eq!(fake.ids(), ["a"], "a clone keeps it alive");
    drop(clone);
    assert_eq!(lines_with(&log, DROPPED), [""; 0], "a delivery has begun");
    sleep(seconds(60)).await;
    assert_eq!(fake.ids(), ["a"]);
    assert_eq!(lines_with(&log, DROPPED).len(), 1);
    assert!(lines_with(&log, DROPPED)[0].contains("pending=2"), "{:?}", lines_with(&log, DROPPED));
}

#[tokio::test(start_paused = true)]
async fn dropping_an_idle_queue_logs_nothing() {
    let log = Log::default();
    let _guard = install(&log);
    let queue = queue(&Fake::new());
    sleep(seconds(1)).await;
    drop(queue);
    sleep(seconds(1)).await;
    assert_eq!(lines_with(&log, DROPPED), [""; 0]);
}

#[test]
fn a_runtime_may_end_before_the_queue() {
    let log = Log::default();
    let _guard = install(&log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let queue = runtime.block_on(async {
        let queue = Queue::new(Fake::hanging()).unwrap();
        for id in ["a", "b"] {
            queue.try_deliver(envelope(id)).unwrap();
        }
        tokio::task::yield_now().await;
        queue
    });
    drop(runtime);
    let refused = queue.try_deliver(envelope("c")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::QueueClosed);
    drop(queue);
    assert_eq!(lines_with(&log, DROPPED).len(), 1);
    assert!(lines_with(&log, DROPPED)[0].contains("pending=2"), "{:?}", lines_with(&log, DROPPED));
}
