//! A user of a durable store: adds notifications, prints the id of each that was accepted, and delivers those of all
//! users until it is killed.
//!
//! Arguments: file, or URL and schema of a database; base URL, number of notifications, prefix of their ids, start of
//! the store's clock in milliseconds since 1970. From there on, the clock of a file runs fifty times as fast, so that
//! leases end soon.

#![allow(clippy::print_stdout, reason = "lines for the test that has started it")]

use std::{
    env,
    error::Error,
    io::Write as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Deliver as _, Envelope, ErrorKind, Message, Robot,
    queue::{DigestPolicy, Queue},
};
use dingtalk_outbox::{Outbox, Postgres, PostgresStore, SqliteStore};

const SPEED: u32 = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, base_url, notifications, prefix, start] = &arguments[..] else {
        return Err("expected: FILE BASE_URL NOTIFICATIONS PREFIX START".into());
    };
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(start.parse()?);
    let clock = move || start + start.elapsed().unwrap_or_default() * SPEED;
    let store: Arc<dyn Outbox> = match file.split_once(' ') {
        Some((url, schema)) => Arc::new(PostgresStore::new(Postgres::builder(url).schema(schema).build()?)),
        None => Arc::new(SqliteStore::open(file)?.clock(clock)),
    };
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
        let envelope = Envelope::new(Message::text(format!("This is {id}."))).with_id(&*id);
        while let Err(error) = queue.deliver(envelope.clone()).await {
            // A server that is away accepts nothing, or has accepted it: it knows the id.
            if error.kind() != ErrorKind::Store {
                return Err(error.into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        writeln!(output, "{id}")?;
        output.flush()?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::future::pending().await
}
