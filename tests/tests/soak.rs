//! Ten thousand notifications through a pool, with faults, in a minute that lasts a fraction of a second.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Deliver as _, Envelope, ErrorKind, Message, Robot,
    delivery::{Pace, Urgency},
    pool::Pool,
};
use dingtalk_sandbox::{Fault, Outcome, RobotConfig, Sandbox};
use proptest::{
    prelude::Rng as _,
    test_runner::{RngAlgorithm, TestRng},
};

const ROBOTS: usize = 5;
const TASKS: usize = 50;
const NOTIFICATIONS: usize = 10_000;

/// One request in this many meets a fault.
const FAULT_IN: u32 = 10;

/// Seed, so that every run has the same faults.
const SEED: [u8; 32] = *b"dingtalk: ten thousand in a row!";

/// DingTalk's minute, five hundred times as fast.
const MINUTE: Duration = Duration::from_millis(120);

/// The robot's window relates to it as 62 to 60.
const WINDOW: Duration = Duration::from_millis(124);

/// Faults that cause no rest: rests are longer than this test may take.
fn faults() -> Vec<Fault> {
    let accepted = |then| Fault::AcceptThen(Box::new(then));
    vec![
        Fault::ResetOnConnect,
        Fault::ResetBeforeAnswer,
        Fault::AcceptThenReset,
        Fault::Hang,
        Fault::AcceptThenHang,
        Fault::Truncate,
        accepted(Fault::Truncate),
        Fault::Garbage(b"\x16\x03\x01 hello".to_vec()),
        accepted(Fault::Garbage(b"\x16\x03\x01 hello".to_vec())),
        Fault::Gzip,
        Fault::Status(502),
        accepted(Fault::Status(502)),
        Fault::Reply("{\"errcode\":0".to_owned()),
        Fault::Busy,
    ]
}

/// The fault of each request, at random but the same in every run.
fn script(requests: usize) -> Vec<Option<Fault>> {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let faults = faults();
    let mut below = |n: u32| (rng.next_u32() % n) as usize;
    (0..requests)
        .map(|_| (below(FAULT_IN) == 0).then(|| faults[below(u32::try_from(faults.len()).unwrap())].clone()))
        .collect()
}

fn robot(sandbox: &Sandbox, index: usize) -> Robot {
    let name = name(index);
    Robot::from_webhook(sandbox.webhook_of(&name).unwrap())
        .base_url(sandbox.base_url())
        .secret(format!("SEC{index}"))
        .name(name)
        .pace(Pace::new().window(WINDOW))
        .timeout(Duration::from_secs(1))
        .backoff(Duration::from_millis(10), Duration::from_millis(50))
        // Some robots leave the retry to the caller.
        .attempts(1 + u32::from(index.is_multiple_of(2)))
        .build()
        .unwrap()
}

fn name(index: usize) -> String {
    format!("robot {index}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_notifications_arrive_once_each_within_the_rate() {
    let mut builder = Sandbox::builder()
        .rate_window(MINUTE)
        .block(Duration::from_secs(600))
        // Everything is remembered, so that the sandbox recognises every duplicate and logs every message.
        .log_capacity(3 * NOTIFICATIONS);
    for index in 0..ROBOTS {
        let robot =
            RobotConfig::new(format!("token-{index}")).secret(format!("SEC{index}")).name(name(index));
        builder = builder.robot(robot);
    }
    let sandbox = builder.start().await.unwrap();
    sandbox.fault_script(script(3 * NOTIFICATIONS));
    let pool = Pool::new((0..ROBOTS).map(|index| robot(&sandbox, index))).unwrap();

    let resent = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (pool, resent) = (pool.clone(), Arc::clone(&resent));
            tokio::spawn(async move {
                for number in (task..NOTIFICATIONS).step_by(TASKS) {
                    let urgency = if number.is_multiple_of(11) { Urgency::Urgent } else { Urgency::Normal };
                    let envelope = Envelope::new(Message::text(format!("notification {number}")))
                        .with_id(format!("id-{number}"))
                        .with_urgency(urgency);
                    deliver(&pool, envelope, &resent).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    check_that_each_arrived_once(&sandbox);
    check_the_windows(&sandbox);
    let resent = resent.load(Ordering::Relaxed);
    assert!(resent > NOTIFICATIONS / 100, "only {resent} were sent again: the pool had nothing to remember");
}

/// Sends it under the same id until it is delivered, as a queue would.
async fn deliver(pool: &Pool, envelope: Envelope, resent: &AtomicUsize) {
    loop {
        match pool.deliver(envelope.clone()).await {
            Ok(_) => return,
            Err(error) => match error.kind() {
                ErrorKind::Unknown | ErrorKind::Busy | ErrorKind::NotSent | ErrorKind::RateLimited => {
                    resent.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(error.retry_after().unwrap_or_default()).await;
                }
                _ => panic!("{error}"),
            },
        }
    }
}

fn check_that_each_arrived_once(sandbox: &Sandbox) {
    let mut arrived: HashMap<String, usize> = HashMap::new();
    for message in sandbox.accepted() {
        *arrived.entry(message.id.unwrap()).or_default() += 1;
    }
    let twice: Vec<_> = arrived.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{} came more than once: {twice:?}", twice.len());
    let missing = (0..NOTIFICATIONS).filter(|number| !arrived.contains_key(&format!("id-{number}"))).count();
    assert_eq!(missing, 0, "missing");
    assert_eq!(arrived.len(), NOTIFICATIONS);
}

/// Based on the times in the log, not on the sandbox's own limit; duplicates count, as they do there.
fn check_the_windows(sandbox: &Sandbox) {
    let log = sandbox.log();
    assert_eq!(log.len() as u64, sandbox.requests(), "the log has forgotten requests");
    let faulted = log.iter().filter(|entry| entry.fault.is_some()).count();
    assert!(faulted * 12 > log.len(), "{faulted} faults in {} requests", log.len());
    let mut taken: HashMap<&str, Vec<SystemTime>> = HashMap::new();
    for entry in &log {
        match &entry.outcome {
            Outcome::Accepted(_) | Outcome::Repeated { .. } => {
                taken.entry(entry.robot.as_deref().unwrap()).or_default().push(entry.time);
            }
            Outcome::Refused(refusal) => panic!("refused: {refusal:?}"),
            _ => {}
        }
    }
    let limit = Pace::LIMIT as usize;
    assert_eq!(taken.len(), ROBOTS);
    for (robot, times) in taken {
        let (total, share) = (times.len(), NOTIFICATIONS / ROBOTS);
        assert!(total > share / 2 && total < share * 2, "{robot} took {total}: the load is not even");
        for window in times.windows(limit + 1) {
            let spread = window[limit].duration_since(window[0]).unwrap();
            assert!(spread >= MINUTE, "{robot}: {} messages in {spread:?}", limit + 1);
        }
    }
}
