//! Posts notifications to a relay from many connections at once, and prints how many were accepted in a second.
//!
//! `ADDRESS` and `TOKEN` name the relay; the arguments are the number of connections and that of requests.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A load: its target, and the numbers that are left.
struct Load {
    address: String,
    token: String,
    requests: usize,
    next: AtomicUsize,
}

impl Load {
    /// Posts on one connection until all numbers are taken, and returns the times of its requests.
    async fn post(&self) -> Result<Vec<Duration>> {
        let mut stream = BufReader::new(TcpStream::connect(&self.address).await?);
        stream.get_ref().set_nodelay(true)?;
        let (mut times, mut line, mut body) = (Vec::new(), String::new(), Vec::new());
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.requests {
                return Ok(times);
            }
            let fields = format!("{{\"text\": \"message {number}\"}}");
            let request = format!(
                "POST /notify/ops/text_message HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{fields}",
                self.token,
                fields.len()
            );
            let began = Instant::now();
            stream.get_mut().write_all(request.as_bytes()).await?;
            let (mut status, mut length) = (String::new(), 0);
            loop {
                line.clear();
                if stream.read_line(&mut line).await? == 0 {
                    return Err("the connection was closed".into());
                }
                if status.is_empty() {
                    status.clone_from(&line);
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse()?;
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            body.resize(length, 0);
            stream.read_exact(&mut body).await?;
            times.push(began.elapsed());
            let text = String::from_utf8_lossy(&body);
            if !status.starts_with("HTTP/1.1 200") || !text.contains("\"queued\"") {
                return Err(format!("{status}{text}").into());
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let number =
        |index| -> Result<usize> { Ok(env::args().nth(index).ok_or("two numbers are needed")?.parse()?) };
    let (connections, requests) = (number(1)?, number(2)?);
    let (address, token) = (env::var("ADDRESS")?, env::var("TOKEN")?);
    let load = Arc::new(Load { address, token, requests, next: AtomicUsize::new(0) });
    let mut posting = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections {
        let load = Arc::clone(&load);
        posting.spawn(async move { load.post().await });
    }
    let mut times = Vec::new();
    while let Some(posted) = posting.join_next().await {
        times.extend(posted??);
    }
    let elapsed = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let milliseconds =
        |part: usize| times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let result = serde_json::json!({
        "requests": times.len(), "seconds": elapsed, "median_ms": milliseconds(50), "slow_ms": milliseconds(99),
    });
    writeln!(io::stdout(), "{result}")?;
    Ok(())
}
