//! Measures what the store and the state cost in PostgreSQL: `postgres_cost URL NOTIFICATIONS`, in a schema of its own,
//! which is made anew. Medians and 99th percentiles.

#![allow(clippy::print_stdout, reason = "figures for a person")]

use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use dingtalk_core::{
    Envelope, Message,
    delivery::{
        Pace, RobotKey, Urgency,
        window::{RateWindow, SlotEnd, SlotRequest, Waiter, Window, Windows as _},
    },
    queue::store::{Begun, Settlement, Store as _},
};
use dingtalk_outbox::{Postgres, PostgresStore, State};

const SCHEMA: &str = "postgres_cost";
const LANES: usize = 1000;
const LEASE: Duration = Duration::from_secs(150);

/// Repetitions of each step.
const STEPS: usize = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, notifications] = &arguments[..] else { return Err("expected: URL NOTIFICATIONS".into()) };
    fill(url, notifications.parse()?).await?;
    let postgres = Postgres::builder(url).schema(SCHEMA).build()?;
    queue(&PostgresStore::new(postgres.clone())).await?;
    window("memory", Arc::new(RateWindow::new(unlimited()))).await?;
    let state = State::postgres(postgres.clone()).build();
    window("PostgreSQL", state.window(&robot(0), &unlimited())).await?;
    decisions(&postgres).await
}

fn unlimited() -> Pace {
    Pace::new().limit(1_000_000).window(Duration::from_millis(1))
}

fn robot(number: u8) -> RobotKey {
    RobotKey::from_bytes([number; 32])
}

/// Makes the tables, and adds waiting notifications to all lanes.
async fn fill(url: &str, notifications: i64) -> Result<(), Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await?;
    client.batch_execute(&Postgres::sql(SCHEMA)?).await?;
    let envelope = serde_json::to_string(&Envelope::new(Message::text("x".repeat(200))).with_id("template"))?;
    let sql = format!(
        "SET search_path = {SCHEMA};
         INSERT INTO lane (name) SELECT 'lane ' || n FROM generate_series(0, {LANES} - 1) n;
         INSERT INTO item (id, lane, rank, number, position, enqueued, envelope)
         SELECT n::text, 1 + n % {LANES}, 1, nextval('number'), n, clock(), replace('{envelope}', 'template', n::text)
         FROM generate_series(1, {notifications}) n;
         UPDATE tally SET notifications = {notifications} WHERE tally = 1;
         ANALYZE"
    );
    client.batch_execute(&sql).await?;
    println!("{notifications} notifications wait in {LANES} lanes");
    Ok(())
}

async fn queue(store: &PostgresStore) -> Result<(), Box<dyn Error>> {
    let (mut claims, mut many, mut outcomes, mut added) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for step in 0..STEPS {
        let lane = format!("lane {}", step % LANES);
        let since = Instant::now();
        let claimed = store.claim(&lane, 1, LEASE).await?;
        claims.push(since.elapsed());
        let (Some(claim), Some(item)) = (claimed.claim, claimed.items.first()) else {
            return Err("no item".into());
        };
        let since = Instant::now();
        if !matches!(store.begin(&claim, &item.envelope.id, LEASE).await?, Begun::Started(_)) {
            return Err("the claim was lost".into());
        }
        store.settle(&claim, &item.envelope.id, Settlement::Delivered).await?;
        outcomes.push(since.elapsed());
        let since = Instant::now();
        let claimed = store.claim(&lane, 20, LEASE).await?;
        many.push(since.elapsed());
        if let Some(claim) = claimed.claim {
            store.release(&claim).await?;
        }
        let since = Instant::now();
        store.enqueue(&lane, Envelope::new(Message::text("x".repeat(200))), usize::MAX).await?;
        added.push(since.elapsed());
    }
    print("claim of one", claims);
    print("claim of up to 20", many);
    print("begin and outcome", outcomes);
    print("enqueue", added);
    Ok(())
}

/// Measures what a direct send waits for, while nobody else sends: a slot, and its end.
async fn window(name: &str, window: Arc<dyn Window>) -> Result<(), Box<dyn Error>> {
    let mut slots = Vec::new();
    for _ in 0..STEPS {
        let since = Instant::now();
        take(&*window).await?;
        slots.push(since.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    print(&format!("slot of a window in {name}"), slots);
    Ok(())
}

async fn take(window: &dyn Window) -> Result<(), dingtalk_core::Error> {
    let request = SlotRequest::new(Duration::from_secs(10), Duration::from_secs(10));
    if let Ok(slot) = Waiter::join(window, Urgency::Normal).take(request).await? {
        slot.end(SlotEnd::Delivered);
    }
    Ok(())
}

/// Counts slots and ends of eight programs, each with robots of its own, and of eight programs with one robot.
async fn decisions(postgres: &Postgres) -> Result<(), Box<dyn Error>> {
    for shared in [false, true] {
        let since = Instant::now();
        let programs = (1..=8).map(|program| {
            let state = State::postgres(postgres.clone()).build();
            tokio::spawn(async move {
                for step in 0..STEPS {
                    let number =
                        if shared { 255 } else { program * 16 + u8::try_from(step % 16).unwrap_or(0) };
                    take(&*state.window(&robot(number), &unlimited())).await?;
                }
                state.flush().await;
                Ok::<(), dingtalk_core::Error>(())
            })
        });
        for program in programs.collect::<Vec<_>>() {
            program.await??;
        }
        let slots = 8 * STEPS;
        let rate = f64::from(u32::try_from(slots)?) / since.elapsed().as_secs_f64();
        println!(
            "{slots} slots of eight programs, {}: {rate:.0} per second",
            if shared { "one robot" } else { "a robot each" }
        );
    }
    Ok(())
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!("{name}: median {:?}, 99th percentile {:?}", at(50), at(99));
}
