//! Tests of a pool in virtual time, with robots that make no requests.

use std::{collections::BTreeMap, time::SystemTime};

use proptest::prelude::*;
use tokio::time::sleep;

use super::{
    super::robot::script::{
        Ending,
        Ending::{Fails, Success},
        Script,
    },
    *,
};
use crate::{
    DeliverExt as _, Message,
    delivery::{Limits, Overflow, Pace, RobotBuilder},
};

use ErrorKind as Kind;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Robots with names, and the scripted outcomes of each.
struct Group {
    pool: Pool,
    scripts: Vec<Script>,
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

impl Group {
    fn new(robots: &[&[Ending]]) -> Self {
        Self::with(robots, |_, robot| robot)
    }

    fn with(robots: &[&[Ending]], set: impl Fn(&str, RobotBuilder) -> RobotBuilder) -> Self {
        let scripts: Vec<Script> =
            robots.iter().map(|endings| Script::new(endings.iter().copied())).collect();
        let robots = scripts.iter().zip(NAMES).map(|(script, name)| {
            let robot = Robot::builder(format!("token-{name}")).name(name).attempts(1);
            let robot = robot.clock(|| SystemTime::UNIX_EPOCH).script(script.clone());
            set(name, robot).build().unwrap()
        });
        Self { pool: Pool::builder(robots).name("group").build().unwrap(), scripts }
    }

    /// Returns the number of attempts of each robot.
    fn attempts(&self) -> Vec<usize> {
        self.scripts.iter().map(|script| script.attempts().len()).collect()
    }

    /// Returns the name of the robot that delivered a message, or the kind of the failure.
    async fn send(&self) -> Result<String, Kind> {
        self.deliver(&Envelope::new(Message::text("hello"))).await.map_err(|error| error.kind())
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<String, Error> {
        let receipt = self.pool.deliver(envelope.clone()).await?;
        Ok(receipt.robot.unwrap())
    }
}

fn hello() -> Envelope {
    Envelope::new(Message::text("hello"))
}

#[tokio::test(start_paused = true)]
async fn three_robots_carry_sixty_a_minute() {
    let group = Group::new(&[&[], &[], &[]]);
    for urgency in [Urgency::Normal, Urgency::Urgent] {
        let places = if urgency == Urgency::Normal { 54 } else { 6 };
        for _ in 0..places {
            let receipt = group.pool.deliver(hello().with_urgency(urgency)).await.unwrap();
            assert_eq!(receipt.wait, Duration::ZERO);
        }
    }
    assert_eq!(group.attempts(), [20, 20, 20]);
    let error = group.pool.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (Kind::RateLimited, Some(seconds(62))));
    assert!(
        error.to_string().contains("3 of the pool's 3 robots cannot send it, the first can in 62 s"),
        "{error}"
    );
    sleep(seconds(62)).await;
    for _ in 0..54 {
        group.send().await.unwrap();
    }
    assert_eq!(group.attempts(), [38, 38, 38]);
}

#[tokio::test(start_paused = true)]
async fn simultaneous_messages_are_spread_evenly() {
    let group = Group::with(&[&[], &[], &[]], |_, robot| robot.deadline(seconds(3600)));
    let pool = &group.pool;
    // All choose before any of them has its slot: waiting messages must be counted.
    let sends = (0..90).map(|_| pool.deliver(hello())).collect();
    let started = Instant::now();
    let receipts = join(sends).await;
    assert_eq!(group.attempts(), [30, 30, 30]);
    assert_eq!(started.elapsed(), seconds(62));
    let waited = receipts.iter().filter(|receipt| receipt.as_ref().unwrap().wait == seconds(62)).count();
    assert_eq!(waited, 90 - 54);
}

/// Runs all futures concurrently, in one task.
async fn join<T>(futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    std::future::poll_fn(|context| {
        let mut open = false;
        for (future, result) in &mut futures {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => open = true,
                }
            }
        }
        if open { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, result)| result).collect()
}

#[tokio::test(start_paused = true)]
async fn the_soonest_robot_takes_it() {
    let narrow = |name: &str, robot: RobotBuilder| {
        let window = if name == "a" { 40 } else { 20 };
        robot.pace(Pace::new().limit(1).window(seconds(window))).deadline(seconds(3600))
    };
    let group = Group::with(&[&[], &[]], narrow);
    assert_eq!((group.send().await.unwrap(), group.send().await.unwrap()), ("a".to_owned(), "b".to_owned()));
    // Robot b is free after 20 and 40 s, a after 40 s.
    assert_eq!(group.send().await.unwrap(), "b");
    sleep(seconds(1)).await;
    assert_eq!(group.send().await.unwrap(), "a", "in 19 s, as b; it is a's turn");
    assert_eq!(group.send().await.unwrap(), "b");
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_its_effect_on_the_pool() {
    for (kind, delivered, first_again) in [
        // Safe, and another robot can send it.
        (Kind::Throttled, true, false),
        (Kind::QuotaExhausted, true, false),
        (Kind::RobotStopped, true, false),
        (Kind::RobotMissing, true, false),
        (Kind::UnknownToken, true, false),
        (Kind::Signature, true, false),
        (Kind::IpNotAllowed, true, false),
        (Kind::Keyword, true, true),
        (Kind::SecurityCheck, true, true),
        // The message may have arrived.
        (Kind::Unknown, false, true),
        (Kind::Busy, false, true),
        // Other robots would fail too.
        (Kind::NotSent, false, true),
        (Kind::GroupDissolved, false, true),
        (Kind::Clock, false, true),
        (Kind::TooLong, false, true),
        (Kind::ForbiddenContent, false, true),
        (Kind::Refused, false, true),
        // All robots of the machine rest.
        (Kind::AddressBlocked, false, false),
    ] {
        let group = Group::new(&[&[Fails(kind)], &[]]);
        let expected = if delivered { Ok("b".to_owned()) } else { Err(kind) };
        assert_eq!(group.send().await, expected, "{kind:?}");
        assert_eq!(group.attempts(), [1, usize::from(delivered)], "{kind:?}");
        for _ in 0..2 {
            let _ = group.send().await;
        }
        assert_eq!(group.attempts()[0] > 1, first_again, "{kind:?}: {:?}", group.attempts());
    }
}

#[tokio::test(start_paused = true)]
async fn a_robot_that_is_set_aside_is_asked_again_later() {
    let stopped = Fails(Kind::RobotStopped);
    let group = Group::new(&[&[stopped, stopped], &[], &[]]);
    let mut by = BTreeMap::new();
    for _ in 0..9 {
        *by.entry(group.send().await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(group.attempts()[0], 1);
    assert_eq!(by["b"] + by["c"], 9);
    sleep(seconds(599)).await;
    for _ in 0..3 {
        group.send().await.unwrap();
    }
    assert_eq!(group.attempts()[0], 1, "not yet");
    sleep(seconds(1)).await;
    for _ in 0..3 {
        group.send().await.unwrap();
    }
    assert_eq!(group.attempts()[0], 2, "still stopped, once more set aside");
    sleep(Pool::SET_ASIDE).await;
    let mut again = Vec::new();
    for _ in 0..3 {
        again.push(group.send().await.unwrap());
    }
    assert!(again.contains(&"a".to_owned()), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn when_nobody_is_left_the_error_says_how_many_and_when() {
    let group =
        Group::new(&[&[Fails(Kind::RobotStopped)], &[Fails(Kind::Throttled)], &[Fails(Kind::UnknownToken)]]);
    let error = group.pool.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::RobotStopped, 3));
    assert_eq!(error.retry_after(), Some(Pool::SET_ASIDE));
    sleep(seconds(100)).await;
    let error = group.pool.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), group.attempts()), (Kind::RobotStopped, 0, vec![1, 1, 1]));
    assert_eq!(error.retry_after(), Some(seconds(500)));
    assert!(
        error.to_string().contains("3 of the pool's 3 robots cannot send it, the first can in 8 min 20 s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_blocked_rests_all_and_tries_nobody() {
    let group = Group::new(&[&[Fails(Kind::AddressBlocked)], &[], &[]]);
    assert_eq!(group.send().await, Err(Kind::AddressBlocked));
    assert_eq!(group.send().await, Err(Kind::AddressBlocked));
    assert_eq!(group.attempts(), [1, 0, 0]);
    sleep(Pace::ADDRESS_REST + seconds(5)).await;
    group.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rest_of_another_robot_is_not_waited_for() {
    // The deadline would allow waiting until the rest ends.
    let group =
        Group::with(&[&[Fails(Kind::Throttled)], &[]], |_, robot| robot.deadline(seconds(3600)).attempts(3));
    let started = Instant::now();
    assert_eq!(group.send().await.unwrap(), "b");
    assert_eq!(started.elapsed(), Duration::ZERO);
    // If all robots rest, the pool waits.
    let group = Group::with(&[&[Fails(Kind::Throttled)], &[Fails(Kind::Throttled)]], |_, robot| {
        robot.deadline(seconds(3600))
    });
    assert_eq!(group.send().await, Err(Kind::Throttled));
    group.send().await.unwrap();
    assert!(started.elapsed() >= Pace::REST);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_robot_leave_it_when_it_rests() {
    let group = Group::with(&[&[], &[]], |name, robot| {
        let window = if name == "a" { 20 } else { 24 };
        robot.pace(Pace::new().limit(2).urgent_reserve(1).window(seconds(window))).deadline(seconds(3600))
    });
    assert_eq!((group.send().await.unwrap(), group.send().await.unwrap()), ("a".to_owned(), "b".to_owned()));
    let pool = group.pool.clone();
    let waiting = tokio::spawn(async move { pool.deliver(hello()).await.unwrap() });
    sleep(seconds(1)).await;
    group.pool.robots()[0].rest(Block::Robot, Pace::REST);
    let receipt = waiting.await.unwrap();
    assert_eq!((receipt.robot.as_deref(), receipt.elapsed), (Some("b"), seconds(24)));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_may_have_arrived_stays_with_its_robot() {
    for kind in [Kind::Unknown, Kind::Busy] {
        let group = Group::new(&[&[Fails(kind), Fails(Kind::Throttled)], &[], &[]]);
        let envelope = hello();
        assert_eq!(group.deliver(&envelope).await.unwrap_err().kind(), kind);
        // Other messages go through other robots.
        for _ in 0..2 {
            assert_ne!(group.send().await.unwrap(), "a");
        }
        let error = group.deliver(&envelope).await.unwrap_err();
        assert_eq!((error.kind(), group.attempts()), (Kind::Throttled, vec![2, 1, 1]));
        assert!(error.to_string().contains("no other robot was tried"), "{error}");
        sleep(Pace::REST + seconds(5)).await;
        assert_eq!(group.deliver(&envelope).await.unwrap(), "a");
        // Delivered, and sent again: DingTalk may recognise it from this robot.
        assert_eq!(group.deliver(&envelope).await.unwrap(), "a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_an_earlier_process_stays_with_its_robot() {
    let group = Group::new(&[&[], &[Fails(Kind::Throttled)], &[]]);
    let sender = *group.pool.robots()[1].key();
    let envelope = hello().with_sender(sender);
    let error = group.deliver(&envelope).await.unwrap_err();
    assert!(error.to_string().contains("no other robot was tried"), "{error}");
    assert_eq!(group.attempts(), [0, 1, 0]);
    // It waits for the robot's rest, and its forecast is that robot's.
    assert!(group.pool.forecast(&envelope).await.unwrap().wait > seconds(60));
    // A robot that has left the pool decides nothing.
    let left = *Robot::builder("another").build().unwrap().key();
    assert_ne!(group.deliver(&hello().with_sender(left)).await.unwrap(), "b");
}

#[tokio::test(start_paused = true)]
async fn busy_and_then_not_sent_may_have_arrived() {
    let group =
        Group::with(&[&[Fails(Kind::Busy), Fails(Kind::Throttled)], &[]], |_, robot| robot.attempts(2));
    assert_eq!((group.send().await, group.attempts()), (Err(Kind::Throttled), vec![2, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_may_have_arrived() {
    let group = Group::new(&[&[Ending::Hangs], &[]]);
    let envelope = hello();
    assert!(tokio::time::timeout(seconds(1), group.pool.deliver(envelope.clone())).await.is_err());
    assert_eq!(group.deliver(&envelope).await.unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_goes_to_another_address_only() {
    let elsewhere = |name: &str, robot: RobotBuilder| {
        if name == "c" { robot.base_url(Robot::INTERNATIONAL) } else { robot }
    };
    let group = Group::with(&[&[Fails(Kind::NotSent)], &[], &[]], elsewhere);
    assert_eq!((group.send().await, group.attempts()), (Ok("c".to_owned()), vec![1, 0, 1]));
}

#[tokio::test(start_paused = true)]
async fn parts_that_left_keep_the_rest_with_their_robot() {
    let limits = Limits { bytes: 110, ..Limits::default() };
    let group = Group::with(&[&[Success, Fails(Kind::RobotStopped)], &[], &[]], |_, robot| {
        robot.overflow(Overflow::Split).limits(limits)
    });
    let text = ["0123456789012345678901234567890123456789"; 2].join("\n");
    let envelope = Envelope::new(Message::text(text)).with_id("mine");
    let error = group.deliver(&envelope).await.unwrap_err();
    assert_eq!((error.kind(), error.delivered_parts().len()), (Kind::RobotStopped, 1));
    assert_eq!(group.deliver(&envelope).await.unwrap(), "a");
    assert_eq!(group.attempts(), [4, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn all_attempts_are_one_send() {
    let slow = Ending::Hangs;
    // Each robot's time counts from the beginning: the second has 25 - 20 s, too little to begin.
    let group = Group::with(&[&[Fails(Kind::Keyword)], &[Fails(Kind::Keyword)], &[slow]], |_, robot| robot);
    let started = Instant::now();
    let error = group.pool.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), started.elapsed()), (Kind::Unknown, 3, seconds(10)));

    let scripts = [
        Script::timed([(seconds(9), Fails(Kind::Keyword))]),
        Script::timed([(seconds(9), Fails(Kind::Keyword))]),
    ];
    let robots = scripts.iter().zip(NAMES).map(|(script, name)| {
        Robot::builder(format!("token-{name}")).deadline(seconds(13)).script(script.clone()).build().unwrap()
    });
    let pool = Pool::new(robots).unwrap();
    let started = Instant::now();
    let error = pool.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), started.elapsed()), (Kind::Keyword, 1, seconds(9)));
}

#[tokio::test(start_paused = true)]
async fn the_receipt_and_the_error_count_all_attempts() {
    let group = Group::new(&[&[Fails(Kind::Keyword)], &[Fails(Kind::Keyword)], &[]]);
    let receipt = group.pool.send(&Message::text("hello")).await.unwrap();
    assert_eq!((receipt.attempts, receipt.robot.as_deref()), (3, Some("c")));
}

#[tokio::test(start_paused = true)]
async fn an_envelope_names_the_pool_and_not_its_robots() {
    let group = Group::new(&[&[], &[]]);
    assert_eq!(group.deliver(&hello().with_robot("group")).await.unwrap(), "a");
    let error = group.deliver(&hello().with_robot("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.id().is_some()), (Kind::UnknownRobot, true));
    // If a robot has no name, the receipt contains the pool's.
    let robot = Robot::builder("t").script(Script::default()).build().unwrap();
    let pool = Pool::builder([robot]).name("group").build().unwrap();
    assert_eq!(pool.send(&Message::text("hello")).await.unwrap().robot.as_deref(), Some("group"));
}

#[test]
fn robots_that_cannot_share_are_refused() {
    let robot = |token: &str| Robot::builder(token.to_owned()).build().unwrap();
    let problem = |robots: Vec<Robot>| Pool::new(robots).unwrap_err().to_string();
    assert!(problem(vec![]).contains("at least one robot"));
    let same = problem(vec![robot("one"), robot("two"), robot("one")]);
    assert!(same.contains("two robots of the pool have the same access token"), "{same}");
    assert!(same.contains(robot("one").id()) && !same.contains("`one`"), "{same}");
    let clone = robot("one");
    assert!(problem(vec![clone.clone(), clone]).contains("same access token"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Checks random loads: no robot breaks its window, no message is lost, and no message waits while a robot is free.
    #[test]
    fn no_robot_sends_too_fast_or_is_idle_while_a_message_waits(
        comes in prop::collection::vec(0u64..60_000, 1..60),
        limit in 1u32..4,
        robots in 1usize..4,
    ) {
        let window = seconds(10);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let group = Group::with(&vec![&[][..]; robots], |_, robot| {
                robot.pace(Pace::new().limit(limit).urgent_reserve(0).window(window)).deadline(seconds(36_000))
            });
            let pool = &group.pool;
            let sends: Vec<BoxFuture<'_, _>> = comes
                .iter()
                .map(|at| -> BoxFuture<'_, _> {
                    let at = Duration::from_millis(*at);
                    Box::pin(async move {
                        sleep(at).await;
                        pool.deliver(hello()).await.unwrap()
                    })
                })
                .collect();
            join(sends).await;
            let mut all = Vec::new();
            for script in &group.scripts {
                let times: Vec<Instant> = script.attempts().iter().map(|(at, _)| *at).collect();
                for pair in times.windows(limit as usize + 1) {
                    assert!(pair[limit as usize] - pair[0] >= window);
                }
                all.extend(times);
            }
            assert_eq!(all.len(), comes.len());
            // The earliest possible times: message n leaves a window after message n - slots.
            all.sort();
            let mut comes: Vec<_> = comes.iter().map(|at| Duration::from_millis(*at)).collect();
            comes.sort();
            let places = limit as usize * robots;
            let mut ideal: Vec<Duration> = Vec::new();
            for (n, at) in comes.iter().enumerate() {
                let free = n.checked_sub(places).map_or(Duration::ZERO, |before| ideal[before] + window);
                ideal.push(free.max(*at));
            }
            let start = all[0] - ideal[0];
            for (left, ideal) in all.iter().zip(&ideal) {
                let late = (*left - start).saturating_sub(*ideal);
                assert!(late <= Duration::from_millis(60), "{late:?} later than possible");
            }
        });
    }
}
