//! Measures the sandbox with all checks on: signature, shape, keyword and rate.
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench sandbox
//! ```
//!
//! - the time of a start;
//! - signed messages that it accepts in a second, from 32 connections of other threads;
//! - the memory of the process before and after them, with a log of the last 1,000 and of the last 10,000.

use std::{
    error::Error,
    fs,
    io::{self, BufReader, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dingtalk_benches::http::Message;
use dingtalk_sandbox::{LOG_CAPACITY, RobotConfig, Sandbox};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const STARTS: usize = 200;
const CONNECTIONS: usize = 32;
const MESSAGES: usize = 50_000;
const SECRET: &str = "SECbench";

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let sandbox = Sandbox::start().await?;
        starts.push(start.elapsed());
        drop(sandbox);
    }
    starts.sort_unstable();
    report(&format!(
        "start: median {:?}, 99th percentile {:?}",
        starts[STARTS / 2],
        starts[STARTS * 99 / 100]
    ))?;

    for log in [LOG_CAPACITY, 10 * LOG_CAPACITY] {
        accept(log).await?;
    }
    Ok(())
}

/// Sends all messages to a sandbox whose log has this many entries.
async fn accept(log: usize) -> Result<()> {
    let robot = RobotConfig::new("bench").secret(SECRET).keyword("CPU");
    // A limit that is checked, but not reached.
    let sandbox = Sandbox::builder().robot(robot).rate_per_minute(Some(u32::MAX)).log_capacity(log);
    let sandbox = sandbox.start().await?;
    let before = resident()?;
    let address = sandbox.base_url().trim_start_matches("http://").to_owned();
    let start = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let address = address.clone();
            thread::spawn(move || send(&address, connection))
        })
        .collect();
    until(&sandbox, MESSAGES).await;
    let elapsed = start.elapsed();
    for client in clients {
        client.join().map_err(|_| "a client has failed")??;
    }
    let accepted = sandbox.log().iter().filter(|entry| entry.accepted().is_some()).count();
    let rate = f64::from(u32::try_from(MESSAGES)?) / elapsed.as_secs_f64();
    report(&format!(
        "{MESSAGES} messages in {elapsed:.2?}: {rate:.0} a second; of the last {log}, {accepted} accepted"
    ))?;
    let after = resident()?;
    report(&format!("memory: {:.1} MB before, {:.1} MB after", megabytes(before), megabytes(after)))
}

/// Waits until this number of requests has arrived.
async fn until(sandbox: &Sandbox, requests: usize) {
    while sandbox.requests() < requests as u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Sends a share of the messages over one connection, each after the answer to the one before.
fn send(address: &str, connection: usize) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let share = MESSAGES / CONNECTIONS + usize::from(connection < MESSAGES % CONNECTIONS);
    let target = target()?;
    for n in 0..share {
        let body = format!(
            "{{\"msgtype\":\"markdown\",\"markdown\":{{\"title\":\"CPU of web-3\",\"text\":\"### CPU 97.3%\\n\\n- java 412%\\n- \
             postgres 180%\\n\\n@13800000000\"}},\"at\":{{\"atMobiles\":[\"13800000000\"]}},\"msgUuid\":\"{connection}-{n}\"}}"
        );
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        Message::read(&mut answers)?.ok_or("the connection has ended")?;
    }
    Ok(())
}

/// Path and query with a signature.
fn target() -> Result<String> {
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(format!("{timestamp}\n{SECRET}").as_bytes());
    let sign = STANDARD.encode(mac.finalize().into_bytes());
    let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    Ok(format!("/robot/send?access_token=bench&timestamp={timestamp}&sign={sign}"))
}

/// Returns the resident memory of this process, in kB; 0 where there is no `/proc`.
fn resident() -> Result<u64> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(0) };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

fn megabytes(kilobytes: u64) -> f64 {
    f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1000.0
}

fn report(line: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(())
}
