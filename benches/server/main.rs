//! Measures `dingtalk-mcp` side by side with a bare server, both in the release profile, in one run:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench server
//! ```
//!
//! Linux only: memory is read from `/proc`. The two take turns, so that whatever else the machine does meets both.

mod client;
mod robot;

use std::{
    env,
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::client::{Client, Result};

const STARTS: usize = 60;
const CALLS: usize = 2000;
const WARM_UP_CALLS: usize = 200;
/// The servers take turns after so many calls.
const TURN: usize = 50;

const TEXT: &str = "备份完成: backup of orders_2026 finished, 1834.5 MB in 412 s";

/// A server to measure.
struct Subject {
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
}

/// What was measured of it.
#[derive(Default)]
struct Measured {
    start: Vec<Duration>,
    memory_after_start: Vec<u64>,
    first_call: Vec<Duration>,
    call: Vec<Duration>,
    memory_after_calls: Vec<u64>,
}

fn main() -> Result<()> {
    let robot = robot::start()?;
    let subjects = [ours(robot)?, bare(robot)];
    let mut measured = [Measured::default(), Measured::default()];
    measure_starts(&subjects, &mut measured)?;
    measure_calls(&subjects, &mut measured)?;
    print(&measured)?;
    Ok(())
}

/// `dingtalk-mcp` as its users build it. A robot that signs, without pacing.
fn ours(robot: SocketAddr) -> Result<Subject> {
    let environment = vec![
        ("DINGTALK_BOT_BASE_URL", format!("http://{robot}")),
        ("DINGTALK_BOT_ACCESS_TOKEN", "0".repeat(64)),
        ("DINGTALK_BOT_SECRET", format!("SEC{}", "0".repeat(64))),
        ("DINGTALK_BOT_RATE_PER_MINUTE", "0".to_owned()),
    ];
    Ok(Subject { program: build_server()?, environment })
}

fn bare(robot: SocketAddr) -> Subject {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_bare-server"));
    Subject { program, environment: vec![("BARE_SERVER_ROBOT", robot.to_string())] }
}

/// Builds `dingtalk-mcp` by itself, so that no other package's features come into it, and returns where it is.
/// `DINGTALK_MCP_PROGRAM` names one that is built already.
fn build_server() -> Result<PathBuf> {
    if let Some(program) = env::var_os("DINGTALK_MCP_PROGRAM") {
        return Ok(program.into());
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "dingtalk-mcp", "--bin", "dingtalk-mcp"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8(output.stdout)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .filter(|_| output.status.success())
        .ok_or_else(|| "dingtalk-mcp could not be built".into())
}

fn measure_starts(subjects: &[Subject; 2], measured: &mut [Measured; 2]) -> Result<()> {
    for _ in 0..STARTS {
        for (subject, measured) in subjects.iter().zip(&mut *measured) {
            let start = Instant::now();
            let mut client = subject.start()?;
            client.list_tools()?;
            measured.start.push(start.elapsed());
            measured.memory_after_start.push(client.resident_bytes()?);
            let start = Instant::now();
            client.send_text(TEXT)?;
            measured.first_call.push(start.elapsed());
        }
    }
    Ok(())
}

fn measure_calls(subjects: &[Subject; 2], measured: &mut [Measured; 2]) -> Result<()> {
    let mut clients = [subjects[0].start()?, subjects[1].start()?];
    for client in &mut clients {
        client.list_tools()?;
        for _ in 0..WARM_UP_CALLS {
            client.send_text(TEXT)?;
        }
    }
    for _ in 0..CALLS / TURN {
        for (client, measured) in clients.iter_mut().zip(&mut *measured) {
            for _ in 0..TURN {
                let start = Instant::now();
                client.send_text(TEXT)?;
                measured.call.push(start.elapsed());
            }
        }
    }
    for (client, measured) in clients.iter().zip(measured) {
        measured.memory_after_calls.push(client.resident_bytes()?);
    }
    Ok(())
}

impl Subject {
    fn start(&self) -> Result<Client> {
        Client::start(&self.program, &self.environment)
    }
}

fn print([ours, bare]: &[Measured; 2]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{:<38}{:>14}{:>14}{:>8}", "", "dingtalk-mcp", "bare server", "ratio")?;
    let mut row = |name: String, ours: f64, bare: f64, unit: &str| {
        let ratio = ours / bare;
        writeln!(out, "{name:<38}{ours:>11.2} {unit}{bare:>11.2} {unit}{ratio:>8.2}")
    };
    let time = |of: &[Duration]| percentile(of, 50).as_secs_f64() * 1e3;
    let memory = |of: &[u64]| to_megabytes(percentile(of, 50));
    row(format!("start to list of tools, median of {STARTS}"), time(&ours.start), time(&bare.start), "ms")?;
    row(
        "memory after it".to_owned(),
        memory(&ours.memory_after_start),
        memory(&bare.memory_after_start),
        "MB",
    )?;
    row(format!("first call, median of {STARTS}"), time(&ours.first_call), time(&bare.first_call), "ms")?;
    row(format!("call, median of {CALLS}"), time(&ours.call), time(&bare.call), "ms")?;
    let slow = |of: &[Duration]| percentile(of, 99).as_secs_f64() * 1e3;
    row("call, 99th percentile".to_owned(), slow(&ours.call), slow(&bare.call), "ms")?;
    row(
        "memory after the calls".to_owned(),
        memory(&ours.memory_after_calls),
        memory(&bare.memory_after_calls),
        "MB",
    )?;
    Ok(())
}

/// The value that `percent` of all values do not exceed.
fn percentile<T: Copy + Ord>(values: &[T], percent: usize) -> T {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

#[expect(clippy::cast_precision_loss, reason = "far below the precision of the type")]
fn to_megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
