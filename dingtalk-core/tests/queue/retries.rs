//! Retries, their times, and dead letters.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt, Robot,
    delivery::{BoxFuture, Guarantee, Outcome},
    queue::{Queue, store::Loss},
};

use crate::fake::{Fake, Then, assert_about, envelope, queue, seconds, urgent};

const FOREVER: u64 = 10 * 365 * 86_400;

#[tokio::test(start_paused = true)]
async fn a_failure_is_retried_on_schedule_and_then_a_dead_letter() {
    use ErrorKind as Kind;
    let refused = Loss::Refused;
    for (kind, pauses, loss) in [
        (Kind::NotSent, &[5, 30, 120, 600, 1800][..], Loss::TooManyAttempts(Kind::NotSent)),
        (Kind::Busy, &[5, 30, 120], Loss::TooManyAttempts(Kind::Busy)),
        (Kind::Unknown, &[5, 30], Loss::Unknown),
        (Kind::Keyword, &[], refused(Kind::Keyword)),
        (Kind::TooLong, &[], refused(Kind::TooLong)),
        (Kind::Refused, &[], refused(Kind::Refused)),
    ] {
        let fake = Fake::failing(kind);
        let queue = queue(&fake);
        queue.try_deliver(envelope("a")).unwrap();
        queue.flush(seconds(FOREVER)).await.unwrap();
        assert_about(&fake.seconds(), pauses);
        assert!(fake.ids().iter().all(|id| id == "a"), "always the same id");
        let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("{kind:?}: no dead letter") };
        assert_eq!((letter.loss, letter.failure.kind, &*letter.lane), (loss, kind, "ops"));
        assert_eq!(letter.envelope, envelope("a"));
        assert_eq!(letter.attempts as usize, pauses.len() + 1);
        assert_eq!(letter.may_have_arrived, matches!(kind, Kind::Unknown | Kind::Busy));
        assert!(letter.failure.text.contains("as scripted"));
        assert_eq!((queue.losses().count(loss), queue.losses().total()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn delays_and_attempts_can_be_set() {
    let fake = Fake::failing(ErrorKind::NotSent);
    let builder = Queue::builder().lane("ops", fake.clone());
    let queue = builder.retry_delays([seconds(10), seconds(20)]).attempts(4).build().unwrap();
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(FOREVER)).await.unwrap();
    assert_about(&fake.seconds(), &[10, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_are_supported() {
    let forever = std::time::Duration::MAX;
    let failures = [ErrorKind::RobotStopped, ErrorKind::NotSent].map(Then::Fail);
    for failure in failures {
        let fake = Fake::scripted([failure]);
        let builder = Queue::builder().lane("ops", fake.clone()).retry_delays([forever]);
        let queue = builder.lane_pause(forever).attempt_timeout(forever).build().unwrap();
        queue.try_deliver(envelope("a")).unwrap();
        assert_eq!(queue.flush(seconds(60)).await.unwrap_err().total(), 1);
        assert_eq!(queue.shutdown(seconds(60)).await.unwrap_err().total(), 1);
        assert_eq!(fake.ids(), ["a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn others_pass_one_that_waits_for_a_retry() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Busy)]);
    let queue = queue(&fake);
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(60)).await.unwrap();
    assert_eq!(fake.ids(), ["a", "b", "c", "a"]);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_server_does_not_use_up_all_attempts() {
    let fake = Fake::failing(ErrorKind::Unknown);
    let queue = queue(&fake);
    for n in 0..100 {
        queue.try_deliver(envelope(&n.to_string())).unwrap();
    }
    assert!(queue.flush(seconds(600)).await.is_err());
    assert!(fake.ids().len() < 40, "{} attempts in ten minutes", fake.ids().len());
    assert!(queue.losses().total() < 12, "{}", queue.losses());
}

#[tokio::test(start_paused = true)]
async fn a_throttled_robot_rests_and_that_is_not_an_attempt() {
    // More often than there are attempts.
    let fake = Fake::scripted(std::iter::repeat_n(Then::Fail(ErrorKind::Throttled), 8));
    let queue = queue(&fake);
    for id in ["a", "b"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    tokio::time::sleep(seconds(30)).await;
    queue.try_deliver(urgent("u")).unwrap();
    queue.flush(seconds(FOREVER)).await.unwrap();
    let times = fake.seconds();
    for pair in times.windows(2).take(8) {
        assert!(pair[1] - pair[0] >= 600.0, "inside of a rest: {times:?}");
    }
    assert_eq!(fake.ids()[8..], ["u", "a", "b"]);
    assert_eq!(queue.losses().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn rests_leave_all_attempts_for_real_failures() {
    let throttled = std::iter::repeat_n(Then::Fail(ErrorKind::Throttled), 8);
    let fake = Fake::scripted(throttled.chain([Then::Fail(ErrorKind::NotSent)]));
    let queue = queue(&fake);
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(FOREVER)).await.unwrap();
    assert_eq!((fake.ids().len(), queue.losses().total()), (10, 0));
    let times = fake.seconds();
    assert_about(&times[8..], &[5]);
}

#[tokio::test(start_paused = true)]
async fn a_robot_that_needs_attention_pauses_its_lane_and_loses_nothing() {
    for kind in
        [ErrorKind::RobotStopped, ErrorKind::UnknownToken, ErrorKind::Signature, ErrorKind::QuotaExhausted]
    {
        let fake = Fake::scripted([Then::Fail(kind), Then::Fail(kind)]);
        let queue = Queue::builder().lane("ops", fake.clone()).lane_pause(seconds(900)).build().unwrap();
        for id in ["a", "b", "c"] {
            queue.try_deliver(envelope(id)).unwrap();
        }
        queue.flush(seconds(FOREVER)).await.unwrap();
        let times = fake.seconds();
        assert!(times[1] - times[0] >= 900.0 && times[2] - times[1] >= 900.0, "{kind:?}: {times:?}");
        let mut ids = fake.ids().split_off(2);
        ids.sort();
        assert_eq!(ids, ["a", "b", "c"], "{kind:?}");
        assert_eq!(queue.losses().total(), 0, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_most_once_never_retries_a_message_that_may_have_arrived() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Unknown), Then::Panic, Then::Fail(ErrorKind::NotSent)]);
    let builder = Queue::builder().lane("ops", fake.clone()).guarantee(Guarantee::AtMostOnce);
    let queue = builder.build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(60)).await.unwrap();
    assert_eq!(fake.ids(), ["a", "b", "c", "c"]);
    assert_eq!(queue.losses().to_string(), "2 unknown");
    let letters = queue.dead_letters(10).await.unwrap();
    assert!(letters.iter().all(|letter| letter.may_have_arrived && letter.attempts == 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_an_endless_delivery_are_ordinary_failures() {
    let fake = Fake::scripted([Then::Panic, Then::Hang, Then::Deliver]);
    let queue = Queue::builder().lane("ops", fake.clone()).attempt_timeout(seconds(60)).build().unwrap();
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(600)).await.unwrap();
    assert_about(&fake.seconds(), &[5, 90]);
    assert_eq!(fake.ids(), ["a", "a", "a"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retried_after_it_has_expired() {
    let fake = Fake::failing(ErrorKind::NotSent);
    let queue = queue(&fake);
    let expiry = SystemTime::now() + seconds(60);
    queue.try_deliver(envelope("a").with_expiry(expiry)).unwrap();
    queue.flush(seconds(70)).await.unwrap();
    assert_about(&fake.seconds(), &[5, 30]);
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("it has expired") };
    assert_eq!((letter.loss, letter.attempts), (Loss::Expired, 3));
    assert!(letter.failure.text.contains("as scripted"), "the reason behind it: {}", letter.failure);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_redelivered_on_request() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Keyword)]);
    let queue = queue(&fake);
    let expiry = SystemTime::now() + seconds(60);
    queue.try_deliver(envelope("a").with_expiry(expiry)).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(queue.dead_letters(10).await.unwrap().len(), 1);
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["a"], "queueing it again is no way around its death");
    tokio::time::sleep(seconds(100)).await;
    queue.redeliver("a").await.unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["a", "a"], "also after its expiry");
    assert_eq!(queue.dead_letters(10).await.unwrap(), []);
    assert_eq!(queue.redeliver("a").await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_the_robot_refuses_has_had_no_attempt() {
    let robot = Robot::builder("0123abcd").base_url("http://127.0.0.1:9").build().unwrap();
    let queue = Queue::new(robot).unwrap();
    queue.try_deliver(Envelope::new(Message::text("x".repeat(30_000))).with_id("a")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("it is too long") };
    assert_eq!((letter.loss, letter.attempts), (Loss::Refused(ErrorKind::TooLong), 0));
    assert!(!letter.may_have_arrived);
}

/// Waits for ever, without having made a request; then delivers.
struct StuckOnce(AtomicBool);

impl Deliver for StuckOnce {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            if !self.0.swap(true, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            envelope.mark_attempt().await?;
            Ok(Receipt::new(envelope.id, Outcome::Delivered))
        })
    }

    fn marks_attempts(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_ended_before_its_request_was_not_sent() {
    let builder = Queue::builder().only_lane(StuckOnce(AtomicBool::new(false)));
    let queue = builder.guarantee(Guarantee::AtMostOnce).build().unwrap();
    queue.try_deliver(envelope("a")).unwrap();
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!((queue.losses().total(), queue.dead_letters(10).await.unwrap().len()), (0, 0));
}
