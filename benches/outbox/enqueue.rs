//! The cost of accepting a notification durably, beside a bare insert of the same text.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use dingtalk_core::{
    Envelope, Message,
    queue::store::{Enqueued, Store as _},
};
use dingtalk_outbox::SqliteStore;
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::{Result, percentiles, report};

/// Notifications of each sort.
const NOTIFICATIONS: usize = 4000;

/// Senders that do not wait for each other.
const SENDERS: usize = 64;

/// Notifications of each of them.
const OF_EACH: usize = 300;

pub(crate) const ROBOTS: usize = 1000;

const CAPACITY: usize = 1_000_000;

pub(crate) fn envelope(number: usize) -> Envelope {
    let hour = Duration::from_secs(24 * 60 * 60);
    let message = Message::text(format!("Disk {number} is full: {}", "x".repeat(200)));
    Envelope::new(message).with_expiry(std::time::SystemTime::now() + hour)
}

pub(crate) fn lane(number: usize) -> String {
    format!("robot:{:064x}", number % ROBOTS)
}

pub(crate) async fn measure(directory: &Path) -> Result<()> {
    let bare = Connection::open(directory.join("bare.db"))?;
    bare.pragma_update(None, "journal_mode", "WAL")?;
    bare.pragma_update(None, "synchronous", "FULL")?;
    bare.execute_batch(
        "CREATE TABLE item (id TEXT PRIMARY KEY, lane TEXT NOT NULL, envelope TEXT NOT NULL)",
    )?;
    let mut insert = bare.prepare("INSERT INTO item (id, lane, envelope) VALUES (?1, ?2, ?3)")?;
    let store = SqliteStore::open(directory.join("enqueue.db"))?;

    let (mut bare_times, mut times) = (Vec::new(), Vec::new());
    for number in 0..NOTIFICATIONS {
        let (other, lane) = (envelope(number), lane(number));
        let started = Instant::now();
        insert.execute((&other.id, &lane, serde_json::to_string(&other)?))?;
        bare_times.push(started.elapsed());
        let envelope = envelope(number);
        let started = Instant::now();
        added(&store.enqueue(&lane, envelope, CAPACITY).await?)?;
        times.push(started.elapsed());
    }
    let ((bare, bare_slow), (median, slow)) = (percentiles(bare_times)?, percentiles(times)?);
    report("| accepted durably | median | 99th percentile |\n|---|---:|---:|")?;
    report(&format!("| bare prepared insert | {bare:.0} µs | {bare_slow:.0} µs |"))?;
    report(&format!("| `enqueue` | {median:.0} µs | {slow:.0} µs |"))?;
    report(&format!("| ratio | {:.2} | {:.2} |", median / bare, slow / bare_slow))?;

    let mut senders = JoinSet::new();
    let started = Instant::now();
    for sender in 0..SENDERS {
        let store = store.clone();
        senders.spawn(async move {
            for number in 0..OF_EACH {
                added(&store.enqueue(&lane(sender + number), envelope(number), CAPACITY).await?)?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(SENDERS * OF_EACH)?) / seconds;
    report(&format!("\n{SENDERS} senders at once: {rate:.0} a second\n"))
}

fn added(enqueued: &Enqueued) -> Result<()> {
    if *enqueued == Enqueued::Added { Ok(()) } else { Err(format!("{enqueued:?}").into()) }
}
