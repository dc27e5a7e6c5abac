//! Measures `dingtalk-notify` beside a bare server, both in the release profile, in one run:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench server
//! ```
//!
//! Linux only: memory and CPU time are read from `/proc`. Measurements alternate between the two servers, so
//! that other load on the machine affects both.

mod client;
mod process;
mod protocol;
mod stdio;
mod streamable;
mod subject;
mod table;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use dingtalk_benches::robot;

use crate::subject::Subject;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const STARTS: usize = 100;

/// Sequential calls, and the number of them after which the other server is measured.
const CALLS: usize = 3_000;
const TURN: usize = 50;
const WARM_UP_CALLS: usize = 200;

/// Concurrent calls, and the number of bursts of them.
const CONCURRENT: usize = 32;
const EACH: u64 = 100;
const BURSTS: usize = 8;
const WARM_UP_EACH: u64 = 20;

/// Transport and protocol between client and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Stdio,
    /// Streamable HTTP in a session, as most clients use it.
    HttpSession,
    /// Streamable HTTP with independent requests.
    Http,
}

/// Measurements of one server.
#[derive(Default)]
struct Measured {
    start: Vec<Duration>,
    /// In bytes.
    memory_after_start: Vec<u64>,
    first_call: Vec<Duration>,
    call: Vec<Duration>,
    /// Durations of [`CONCURRENT`] × [`EACH`] calls.
    burst: Vec<Duration>,
    /// Total of all bursts.
    burst_cpu: Duration,
    memory_after_calls: u64,
}

fn main() -> Result<()> {
    let robot = robot::start()?;
    let subjects = [Subject::ours(robot)?, Subject::bare(robot)?];
    let mut rows = Vec::new();
    for over in [Over::Stdio, Over::HttpSession, Over::Http] {
        rows.extend(table::rows(over, &measure(&subjects, over)?));
    }
    table::print(&rows)?;
    Ok(())
}

fn measure(subjects: &[Subject; 2], over: Over) -> Result<[Measured; 2]> {
    let mut measured = [Measured::default(), Measured::default()];
    for _ in 0..STARTS {
        for (subject, measured) in subjects.iter().zip(&mut measured) {
            measure_start(subject, over, measured)?;
        }
    }
    measure_calls(subjects, over, &mut measured)?;
    Ok(measured)
}

fn measure_start(subject: &Subject, over: Over, measured: &mut Measured) -> Result<()> {
    let start = Instant::now();
    let mut client = subject.start(over)?;
    measured.start.push(start.elapsed());
    measured.memory_after_start.push(client.process.resident_bytes()?);
    let start = Instant::now();
    client.send()?;
    measured.first_call.push(start.elapsed());
    Ok(())
}

fn measure_calls(subjects: &[Subject; 2], over: Over, measured: &mut [Measured; 2]) -> Result<()> {
    let mut clients = [subjects[0].start(over)?, subjects[1].start(over)?];
    for client in &mut clients {
        (0..WARM_UP_CALLS).try_for_each(|_| client.send())?;
    }
    for _ in 0..CALLS / TURN {
        for (client, measured) in clients.iter_mut().zip(&mut *measured) {
            for _ in 0..TURN {
                let start = Instant::now();
                client.send()?;
                measured.call.push(start.elapsed());
            }
        }
    }
    for client in &mut clients {
        client.send_many(CONCURRENT, WARM_UP_EACH)?;
    }
    let before = [clients[0].process.cpu_time()?, clients[1].process.cpu_time()?];
    for _ in 0..BURSTS {
        for (client, measured) in clients.iter_mut().zip(&mut *measured) {
            measured.burst.push(client.send_many(CONCURRENT, EACH)?);
        }
    }
    for ((client, before), measured) in clients.iter().zip(before).zip(measured) {
        measured.burst_cpu = client.process.cpu_time()?.saturating_sub(before);
        measured.memory_after_calls = client.process.resident_bytes()?;
    }
    Ok(())
}
