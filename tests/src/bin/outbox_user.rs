//! A user of a durable store: adds notifications, prints the id of each that was accepted, and delivers those of all
//! users until it is killed.
//!
//! Arguments: file, base URL, number of notifications, prefix of their ids, start of the store's clock in milliseconds
//! since 1970. From there on, the clock runs fifty times as fast, so that leases end soon.

#![allow(clippy::print_stdout, reason = "lines for the test that has started it")]

use std::{
    env,
    error::Error,
    io::Write as _,
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Deliver as _, Envelope, Message, Robot,
    queue::{DigestPolicy, Queue},
};
use dingtalk_outbox::SqliteStore;

const SPEED: u32 = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, base_url, notifications, prefix, start] = &arguments[..] else {
        return Err("expected: FILE BASE_URL NOTIFICATIONS PREFIX START".into());
    };
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(start.parse()?);
    let clock = move || start + start.elapsed().unwrap_or_default() * SPEED;
    let store = SqliteStore::open(file)?.clock(clock);
    let robot = Robot::builder("0123abcd").base_url(base_url).attempts(1).timeout(Duration::from_secs(1));
    let queue = Queue::builder()
        .lane("ops", robot.build()?)
        .store(store)
        // One of the users sends each notification by itself, so that it is killed in the middle of a request.
        .digest(prefix.starts_with('a').then(DigestPolicy::default))
        .attempt_timeout(Duration::from_secs(5))
        .build()?;
    let mut output = std::io::stdout();
    for number in 0..notifications.parse()? {
        let number: u32 = number;
        let id = format!("{prefix}-{number}");
        queue.deliver(Envelope::new(Message::text(format!("This is {id}."))).with_id(&*id)).await?;
        writeln!(output, "{id}")?;
        output.flush()?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::future::pending().await
}
