//! Measures `dingtalk-notify` side by side with a bare server, both in the release profile, in one run:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench server
//! ```
//!
//! Linux only: memory and CPU time are read from `/proc`. The two take turns, so that whatever else the machine does meets
//! both.

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

/// Calls one at a time, and after how many of them the other server's turn comes.
const CALLS: usize = 3_000;
const TURN: usize = 50;
const WARM_UP_CALLS: usize = 200;

/// Calls at the same time, and how often so many follow one another.
const IN_FLIGHT: usize = 32;
const EACH: u64 = 100;
const BURSTS: usize = 8;
const WARM_UP_EACH: u64 = 20;

/// What a client and a server speak over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Stdio,
    /// Streamable HTTP in a session, as most clients speak it.
    HttpSession,
    /// Streamable HTTP, each request alone.
    Http,
}

/// What was measured of a server.
#[derive(Default)]
struct Measured {
    start: Vec<Duration>,
    /// In bytes.
    memory_after_start: Vec<u64>,
    first_call: Vec<Duration>,
    call: Vec<Duration>,
    /// How long [`IN_FLIGHT`] × [`EACH`] calls took.
    burst: Vec<Duration>,
    /// Of all bursts.
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
        client.send_many(IN_FLIGHT, WARM_UP_EACH)?;
    }
    let before = [clients[0].process.cpu_time()?, clients[1].process.cpu_time()?];
    for _ in 0..BURSTS {
        for (client, measured) in clients.iter_mut().zip(&mut *measured) {
            measured.burst.push(client.send_many(IN_FLIGHT, EACH)?);
        }
    }
    for ((client, before), measured) in clients.iter().zip(before).zip(measured) {
        measured.burst_cpu = client.process.cpu_time()?.saturating_sub(before);
        measured.memory_after_calls = client.process.resident_bytes()?;
    }
    Ok(())
}
