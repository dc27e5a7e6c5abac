//! One window, used by several processes at the same time.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::process::{Command, Stdio};

use dingtalk_core::delivery::{Pace, RobotKey, window::Windows as _};
use dingtalk_outbox::State;
use dingtalk_tests::temporary::TemporaryDirectory;

const PROCESSES: usize = 8;
const SLOTS: usize = 20;
const LIMIT: usize = 20;
const WINDOW_MS: u64 = 600;

/// A request of one process.
#[derive(Debug, Clone, Copy)]
struct Request {
    process: usize,
    granted: u128,
    ended: u128,
}

/// Runs all processes, and returns their requests in order of time.
fn run(directory: &TemporaryDirectory, order: &str) -> Vec<Request> {
    let (slots, limit, window) = (SLOTS.to_string(), LIMIT.to_string(), WINDOW_MS.to_string());
    let start = |_| {
        Command::new(env!("CARGO_BIN_EXE_window_user"))
            .arg(directory.path())
            .args([&slots, &limit, &window, order])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..PROCESSES).map(start).collect();
    let mut requests = Vec::new();
    for (process, running) in processes.into_iter().enumerate() {
        let output = running.wait_with_output().unwrap();
        assert!(output.status.success());
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let mut numbers = line.split(' ').map(|number| number.parse::<u128>().unwrap());
            let [granted, ended] = [numbers.next().unwrap(), numbers.next().unwrap()];
            requests.push(Request { process, granted, ended });
        }
    }
    requests.sort_by_key(|request| request.granted);
    requests
}

/// Checks that no window has more slots than allowed. A slot counts from its grant to one window after its end.
fn assert_within_limit(requests: &[Request]) {
    assert_eq!(requests.len(), PROCESSES * SLOTS);
    // Clocks that are being corrected run up to 1/2000 faster.
    let window = u128::from(WINDOW_MS) * 1000 - 2000;
    for (index, request) in requests.iter().enumerate() {
        let counts = requests[..=index].iter().filter(|other| other.ended + window > request.granted).count();
        assert!(counts <= LIMIT, "{counts} slots in one window at request {index}");
    }
}

async fn status_of(directory: &TemporaryDirectory) -> dingtalk_outbox::RobotStatus {
    let state = State::builder(directory.path()).build();
    drop(state.window(&RobotKey::from_bytes([7; 32]), &Pace::new()));
    state.status().await.unwrap().remove(0)
}

#[tokio::test]
async fn eight_processes_never_exceed_the_limit_and_take_turns() {
    let directory = TemporaryDirectory::new();
    let requests = run(&directory, "each");
    assert_within_limit(&requests);
    // A process waits again behind the others: none is far ahead while all of them send.
    let mut counts = [0usize; PROCESSES];
    let all_send = requests.iter().take_while(|request| {
        counts[request.process] += 1;
        counts[request.process] < SLOTS
    });
    let all_send = all_send.count();
    assert!(all_send > PROCESSES * SLOTS / 2, "one process sent {SLOTS} of the first {all_send}");
    let mut counts = [0usize; PROCESSES];
    // The processes do not start at the same moment: the first two windows do not count.
    for request in &requests[2 * LIMIT..all_send] {
        counts[request.process] += 1;
    }
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(most - least <= 4, "{counts:?}");

    let status = status_of(&directory).await;
    assert_eq!((status.delivered, status.refused, status.unknown), ((PROCESSES * SLOTS) as u64, 0, 0));
    assert_eq!((status.waiting, status.limit), (0, LIMIT));
}

#[tokio::test]
async fn many_waiters_of_many_processes_never_exceed_the_limit() {
    let directory = TemporaryDirectory::new();
    assert_within_limit(&run(&directory, "all"));
    assert_eq!(status_of(&directory).await.delivered, (PROCESSES * SLOTS) as u64);
}
