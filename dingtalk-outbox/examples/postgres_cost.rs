//! Measures the cost of the store and of the state in PostgreSQL: `postgres_cost URL [FEW MANY]`, with few and many
//! waiting notifications (20,000 and 200,000) in schemas of their own, which are made anew. The steps on both
//! alternate, so that other work on the machine concerns both. Medians and 99th percentiles.

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

const LANES: usize = 1000;
const LEASE: Duration = Duration::from_secs(150);

/// Repetitions of each step.
const STEPS: usize = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (url, sizes) = match &arguments[..] {
        [url] => (url, [20_000, 200_000]),
        [url, few, many] => (url, [few.parse()?, many.parse()?]),
        _ => return Err("expected: URL [FEW MANY]".into()),
    };
    let mut stores = Vec::new();
    for (size, schema) in sizes.into_iter().zip(["postgres_cost_few", "postgres_cost_many"]) {
        fill(url, schema, size).await?;
        stores.push(Postgres::builder(url).schema(schema).build()?);
    }
    let mut times = [Times::default(), Times::default()];
    for step in 0..STEPS {
        for (postgres, times) in stores.iter().zip(&mut times) {
            queue(&PostgresStore::new(postgres.clone()).without_session(), step, times).await?;
        }
    }
    for (size, times) in sizes.into_iter().zip(&mut times) {
        println!("{size} notifications wait in {LANES} lanes");
        times.print();
    }
    let [few, many] = times.map(|times| median(&times.claims).as_secs_f64());
    println!("claim of one, many waiting beside few: {:.2}", many / few);
    let postgres = &stores[0];
    window("memory", Arc::new(RateWindow::new(unlimited()))).await?;
    let state = State::postgres(postgres.clone()).build();
    window("PostgreSQL", state.window(&robot(0), &unlimited())).await?;
    decisions(postgres).await
}

/// Times of the steps of the queue.
#[derive(Default)]
struct Times {
    claims: Vec<Duration>,
    many: Vec<Duration>,
    outcomes: Vec<Duration>,
    added: Vec<Duration>,
}

impl Times {
    fn print(&mut self) {
        print("claim of one", &mut self.claims);
        print("claim of up to 20", &mut self.many);
        print("begin and outcome", &mut self.outcomes);
        print("enqueue", &mut self.added);
    }
}

fn unlimited() -> Pace {
    Pace::new().limit(1_000_000).window(Duration::from_millis(1))
}

fn robot(number: u8) -> RobotKey {
    RobotKey::from_bytes([number; 32])
}

/// Makes the tables, and adds waiting notifications to all lanes.
async fn fill(url: &str, schema: &str, notifications: i64) -> Result<(), Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("DROP schema IF EXISTS {schema} CASCADE")).await?;
    client.batch_execute(&Postgres::sql(schema)?).await?;
    let envelope = serde_json::to_string(&Envelope::new(Message::text("x".repeat(200))).with_id("template"))?;
    let sql = format!(
        "SET search_path = {schema};
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

/// Takes each step of the queue once.
async fn queue(store: &PostgresStore, step: usize, times: &mut Times) -> Result<(), Box<dyn Error>> {
    let lane = format!("lane {}", step % LANES);
    let since = Instant::now();
    let claimed = store.claim(&lane, 1, LEASE).await?;
    times.claims.push(since.elapsed());
    let (Some(claim), Some(item)) = (claimed.claim, claimed.items.first()) else {
        return Err("no item".into());
    };
    let since = Instant::now();
    if !matches!(store.begin(&claim, &item.envelope.id, LEASE).await?, Begun::Started(_)) {
        return Err("the claim was lost".into());
    }
    store.settle(&claim, &item.envelope.id, Settlement::Delivered).await?;
    times.outcomes.push(since.elapsed());
    let since = Instant::now();
    let claimed = store.claim(&lane, 20, LEASE).await?;
    times.many.push(since.elapsed());
    if let Some(claim) = claimed.claim {
        store.release(&claim).await?;
    }
    let since = Instant::now();
    store.enqueue(&lane, Envelope::new(Message::text("x".repeat(200))), usize::MAX).await?;
    times.added.push(since.elapsed());
    Ok(())
}

/// Measures the wait of a direct send for its slot while nobody else sends.
async fn window(name: &str, window: Arc<dyn Window>) -> Result<(), Box<dyn Error>> {
    let mut slots = Vec::new();
    for _ in 0..STEPS {
        let since = Instant::now();
        take(&*window).await?;
        slots.push(since.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    print(&format!("slot of a window in {name}"), &mut slots);
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

fn print(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let late = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    println!("{name}: median {:?}, 99th percentile {late:?}", median(times));
}

/// Returns the median of sorted times.
fn median(times: &[Duration]) -> Duration {
    times.get(times.len() / 2).copied().unwrap_or_default()
}
