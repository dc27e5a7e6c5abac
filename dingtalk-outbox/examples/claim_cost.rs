//! Measures the cost of a claim in a store with many waiting notifications: `claim_cost FILE NOTIFICATIONS`.

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use dingtalk_core::{
    Envelope, Message,
    queue::store::{Settlement, Store},
};
use dingtalk_outbox::SqliteStore;

const LANES: usize = 1000;

const CLAIMS: usize = 1000;

const LEASE: Duration = Duration::from_secs(150);

/// Median and 99th percentile, in microseconds.
fn percentiles(mut times: Vec<Duration>) -> (u128, u128) {
    times.sort_unstable();
    (times[times.len() / 2].as_micros(), times[times.len() * 99 / 100].as_micros())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, notifications] = &arguments[..] else { return Err("expected: FILE NOTIFICATIONS".into()) };
    let notifications: usize = notifications.parse()?;
    let store = SqliteStore::open(file)?;
    let mut times = Vec::new();
    for n in 0..notifications {
        let envelope = Envelope::new(Message::text(format!("Disk {n} is full: {}", "x".repeat(200))));
        let started = Instant::now();
        store.enqueue(&format!("robot:{}", n % LANES), envelope, usize::MAX).await?;
        times.push(started.elapsed());
    }
    let (median, slow) = percentiles(times);
    println!("enqueue: median {median} us, p99 {slow} us");
    for max in [1, 20] {
        let (mut claims, mut settles) = (Vec::new(), Vec::new());
        for n in 0..CLAIMS {
            let started = Instant::now();
            let claimed = store.claim(&format!("robot:{}", n % LANES), max, LEASE).await?;
            claims.push(started.elapsed());
            let (Some(claim), Some(item)) = (claimed.claim, claimed.items.first()) else {
                return Err("too few notifications".into());
            };
            let id = &item.envelope.id;
            store.begin(&claim, id, LEASE).await?;
            let started = Instant::now();
            store.settle(&claim, id, Settlement::Delivered).await?;
            settles.push(started.elapsed());
        }
        let ((claim, slow_claim), (settle, slow_settle)) = (percentiles(claims), percentiles(settles));
        println!(
            "claim of {max}: median {claim} us, p99 {slow_claim} us; settle: median {settle} us, p99 {slow_settle} us"
        );
    }
    Ok(())
}
