//! Eight replicas of a service that share robots through PostgreSQL: no robot sends too fast, and the rate is used.
//!
//! Starts a server of its own. `ROBOTS`, `WINDOW_MS` and `SECONDS` set the size; the figures are printed. Requests of
//! the first `SKIP_MS` do not count for the used rate: at the beginning, all slots are free at once.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use dingtalk_core::delivery::Pace;
use dingtalk_sandbox::{Outcome, RobotConfig, Sandbox};
use dingtalk_tests::postgres_server::{PostgresServer, schema};

const REPLICAS: usize = 8;

/// Size of a run.
struct Size {
    robots: u64,
    window_ms: u64,
    seconds: u64,
    skip_ms: u64,
}

/// A request, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Request {
    begun: u128,
    ended: u128,
}

/// Requests of each robot.
type Requests = BTreeMap<String, Vec<Request>>;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |number| number.parse().unwrap())
}

fn size() -> Size {
    let skip_ms = number("SKIP_MS", 0);
    Size {
        skip_ms,
        robots: number("ROBOTS", 12),
        window_ms: number("WINDOW_MS", 20_000),
        seconds: number("SECONDS", 44),
    }
}

fn start(server: &PostgresServer, schema: &str, base_url: &str, size: &Size) -> Vec<Child> {
    let Size { robots, window_ms, seconds, .. } = size;
    let replica = |_| {
        Command::new(env!("CARGO_BIN_EXE_postgres_sender"))
            .args([&*server.url(), schema, base_url])
            .args([robots, window_ms, seconds].map(u64::to_string))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    (0..REPLICAS).map(replica).collect()
}

/// Returns the lines that replicas have printed.
fn lines(replicas: Vec<Child>) -> String {
    let output = |replica: Child| {
        let output = replica.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    replicas.into_iter().map(output).collect()
}

/// Returns the share of the rate that was used: each request could begin a window after the twentieth before it.
#[allow(clippy::cast_precision_loss, clippy::print_stderr, reason = "figures for a person")]
fn used(requests: &mut Requests, size: &Size) -> f64 {
    let window = u128::from(size.window_ms) * 1000;
    let first = requests.values().flatten().map(|request| request.begun).min().unwrap_or_default();
    let since = first + u128::from(size.skip_ms) * 1000;
    let (mut possible, mut needed) = (0, 0);
    for requests in requests.values_mut() {
        requests.sort_by_key(|request| request.begun);
        for (earlier, later) in requests.iter().zip(requests.iter().skip(Pace::LIMIT as usize)) {
            if earlier.begun >= since {
                possible += window;
                needed += later.begun - earlier.begun;
            }
        }
    }
    let count: usize = requests.values().map(Vec::len).sum();
    let used = possible as f64 / needed as f64;
    eprintln!(
        "{REPLICAS} replicas, {} robots: {count} requests, {:.1} % of the rate",
        requests.len(),
        used * 100.0
    );
    assert!(count as u64 > size.robots * u64::from(Pace::LIMIT), "hardly anything was sent");
    used
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_robot_never_throttles_and_its_rate_is_used() {
    let Some(server) = PostgresServer::start("fsync = on") else { return };
    let size = size();
    let mut sandbox =
        Sandbox::builder().rate_window(Duration::from_millis(size.window_ms)).log_capacity(10_000_000);
    for robot in 0..size.robots {
        sandbox = sandbox.robot(RobotConfig::new(format!("robot{robot}")).name(format!("robot{robot}")));
    }
    let sandbox = sandbox.start().await.unwrap();
    let replicas = start(&server, &schema(), &sandbox.base_url(), &size);
    tokio::task::spawn_blocking(|| lines(replicas)).await.unwrap();
    let mut requests = Requests::new();
    for entry in sandbox.log() {
        assert!(matches!(entry.outcome, Outcome::Accepted { .. }), "{:?}", entry.outcome);
        let begun = entry.time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
        requests.entry(entry.robot.unwrap()).or_default().push(Request { begun, ended: begun });
    }
    assert!(used(&mut requests, &size) > 0.95);
}

/// Needs less of the machine for many robots: requests are only pretended.
#[test]
fn no_window_has_more_slots_than_allowed_and_the_rate_is_used() {
    let Some(server) = PostgresServer::start("fsync = on") else { return };
    let size = size();
    let lines = lines(start(&server, &schema(), "-", &size));
    let mut requests = Requests::new();
    for line in lines.lines() {
        let mut words = line.split(' ');
        let robot = words.next().unwrap().to_owned();
        let mut time = || words.next().unwrap().parse().unwrap();
        requests.entry(robot).or_default().push(Request { begun: time(), ended: time() });
    }
    let used = used(&mut requests, &size);
    // Clocks that are being corrected run up to 1/2000 faster.
    let window = u128::from(size.window_ms) * 1000 * 1999 / 2000;
    for (robot, requests) in &requests {
        for (index, request) in requests.iter().enumerate() {
            let count =
                requests[..=index].iter().filter(|other| other.ended + window > request.begun).count();
            assert!(
                count <= Pace::LIMIT as usize,
                "robot {robot}: {count} slots in one window at request {index}"
            );
        }
    }
    assert!(used > 0.95);
}
