//! Lanes do not delay each other, and are found by name.

use dingtalk_core::{ErrorKind, Message, delivery::Pace, queue::Queue};

use crate::fake::{Fake, Then, envelope, seconds};

#[tokio::test(start_paused = true)]
async fn a_robot_that_hangs_or_is_blocked_or_stopped_delays_no_other() {
    let blocked = [
        Fake::hanging(),
        Fake::failing(ErrorKind::Throttled),
        Fake::failing(ErrorKind::RobotStopped),
        Fake::scripted(std::iter::repeat_n(Then::Panic, 100)),
    ];
    for stuck in blocked {
        let free = Fake::new();
        let queue = Queue::builder().lane("stuck", stuck.clone()).lane("free", free.clone()).build().unwrap();
        for n in 0..20 {
            queue.try_deliver(envelope(&format!("stuck {n}")).with_robot("stuck")).unwrap();
            queue.try_deliver(envelope(&format!("free {n}")).with_robot("free")).unwrap();
        }
        tokio::time::sleep(seconds(1)).await;
        assert_eq!(free.ids().len(), 20);
        let pending = queue.pending().await.unwrap();
        assert_eq!((pending.lanes["stuck"].total(), pending.lanes["free"].total()), (20, 0));
        assert_eq!(pending.to_string(), "20 notifications are left: stuck 20");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_is_found_by_name_or_is_the_default() {
    let (ops, dev) = (Fake::new(), Fake::new());
    let builder = || Queue::builder().lane("ops", ops.clone()).lane("dev", dev.clone());
    let queue = builder().default_lane("dev").build().unwrap();
    queue.try_deliver(envelope("a").with_robot("ops")).unwrap();
    queue.try_deliver(envelope("b")).unwrap();
    let error = queue.try_deliver(envelope("c").with_robot("opps")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRobot);
    assert!(error.to_string().contains("the queue has no lane `opps`, only `dev`, `ops`"), "{error}");
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!((ops.ids(), dev.ids()), (vec!["a".to_owned()], vec!["b".to_owned()]));
    assert_eq!(ops.envelopes()[0].robot, None, "the lane's deliverer need not know its name");

    let error = builder().build().unwrap().try_deliver(envelope("d")).unwrap_err();
    assert!(error.to_string().contains("does not name a lane"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_only_lane_passes_names_on() {
    let fake = Fake::new();
    let queue = Queue::new(fake.clone()).unwrap();
    queue.try_deliver(envelope("a").with_robot("ops")).unwrap();
    queue.try_send(&Message::text("b")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    let robots: Vec<Option<String>> = fake.envelopes().into_iter().map(|envelope| envelope.robot).collect();
    assert_eq!(robots, [Some("ops".to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn lanes_of_one_robot_share_its_rate() {
    let fake = Fake::new();
    let pace = Pace::new().limit(2).urgent_reserve(0).window(seconds(60));
    let robot = fake.clone().paced(pace);
    let queue = Queue::builder().lane("a", robot.clone()).lane("b", robot).build().unwrap();
    for n in 0..3 {
        queue.try_deliver(envelope(&format!("a{n}")).with_robot("a")).unwrap();
        queue.try_deliver(envelope(&format!("b{n}")).with_robot("b")).unwrap();
    }
    queue.flush(seconds(300)).await.unwrap();
    let times = fake.seconds();
    assert_eq!(times.len(), 6);
    assert!(times.windows(3).all(|three| three[2] - three[0] >= 60.0), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_blocked_address_rests_all_lanes_and_a_blocked_robot_its_own() {
    for (kind, rest) in [(ErrorKind::AddressBlocked, 300.0), (ErrorKind::Throttled, 0.0)] {
        let (first, second) = (Fake::scripted([Then::Fail(kind)]), Fake::new());
        let queue = Queue::builder().lane("a", first.clone()).lane("b", second.clone()).build().unwrap();
        queue.try_deliver(envelope("a").with_robot("a")).unwrap();
        tokio::time::sleep(seconds(1)).await;
        queue.try_deliver(envelope("b").with_robot("b")).unwrap();
        queue.flush(seconds(3000)).await.unwrap();
        let began = second.seconds()[0];
        assert!(began >= rest && began < rest + 2.0, "{kind:?}: {began}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_settings_are_refused() {
    let fake = Fake::new();
    let builder = || Queue::builder().lane("ops", fake.clone());
    for (builder, words) in [
        (Queue::builder(), "at least one lane"),
        (builder().lane("ops", fake.clone()), "the name `ops` is used by two lanes"),
        (builder().lane(" ", fake.clone()), "blank"),
        (builder().only_lane(fake.clone()), "`only_lane` cannot be combined"),
        (builder().default_lane("dev"), "unknown default lane `dev`; expected one of `ops`"),
        (builder().capacity(0), "the capacity must be at least 1"),
        (builder().attempts(0), "`attempts` must be at least 1"),
        (builder().retry_delays([]), "`retry_delays` must not be empty"),
        (builder().attempt_timeout(seconds(0)), "attempt timeout"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_queue_needs_a_runtime() {
    let error = Queue::builder().lane("ops", dingtalk_core::Stub::new()).build().unwrap_err();
    assert!(error.to_string().contains("needs a tokio runtime"), "{error}");
}
