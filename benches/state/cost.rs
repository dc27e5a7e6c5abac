//! Time that a window adds to a send.

use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use dingtalk_core::delivery::{
    Pace, RobotKey, Urgency,
    window::{RateWindow, SlotEnd, SlotRequest, Waiter, Window, Windows as _},
};
use dingtalk_outbox::{
    State,
    calls::{Call, CallEnd, Calls, Claim},
};
use tokio::time::sleep;

use crate::{Result, percentile, report};

/// Argument of the process that writes beside the measurement.
pub(crate) const MODE: &str = "writer";

const SENDS: usize = 1000;

/// Time between two sends.
const PAUSE: Duration = Duration::from_millis(10);

/// Time of a request: the end of a slot is written while nobody waits for it.
const REQUEST: Duration = Duration::from_millis(3);

/// Pause of the busy writer between two transactions.
const WRITES_EVERY: Duration = Duration::from_micros(500);

pub(crate) fn measure(directory: &Path) -> Result<()> {
    report("| window | sends | median | 99th percentile | longest |\n|---|---:|---:|---:|---:|")?;
    // A log as long as DingTalk's, of which no slot is ever awaited.
    let pace = Pace::new().limit(10_000).window(Duration::from_millis(20 * 10));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let state = State::builder(directory.join("cost")).build();
    let shared = state.window(&RobotKey::from_bytes([7; 32]), &pace);
    let memory: Arc<dyn Window> = Arc::new(RateWindow::new(pace));
    let calls = state.calls();
    runtime.block_on(send("in memory", &*memory, None))?;
    runtime.block_on(send("in a file, idle", &*shared, None))?;
    runtime.block_on(send("in a file, idle, with the claim of a call", &*shared, Some(&calls)))?;
    let _writer = Writer::start(&directory.join("cost/state.db"))?;
    runtime.block_on(send("in a file, beside a busy writer", &*shared, None))
}

async fn send(name: &str, window: &dyn Window, calls: Option<&Calls>) -> Result<()> {
    let mut times = Vec::with_capacity(SENDS);
    for number in 0..SENDS {
        let started = Instant::now();
        let claim = match calls {
            Some(calls) => Some(calls.claim(&Call::new(format!("call {number}")), "an id").await?),
            None => None,
        };
        let waiter = Waiter::join(window, Urgency::Normal);
        let slot = waiter
            .take(SlotRequest::new(Duration::from_secs(60), Duration::from_secs(14)))
            .await?
            .map_err(dingtalk_core::Error::from)?;
        let taken = started.elapsed();
        sleep(REQUEST).await;
        let ends = Instant::now();
        slot.end(SlotEnd::Delivered);
        if let Some(Claim::Granted(permit)) = claim {
            permit.end(CallEnd::Delivered);
        }
        times.push(taken + ends.elapsed());
        sleep(PAUSE.saturating_sub(REQUEST)).await;
    }
    times.sort_unstable();
    let [median, late, longest] =
        [50, 99, 100].map(|percent| percentile(&times, percent).unwrap_or_default());
    let micros = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
    report(&format!("| {name} | {SENDS} | {} | {} | {} |", micros(median), micros(late), micros(longest)))
}

/// A process that writes to the file all the time.
struct Writer(Child);

impl Writer {
    fn start(file: &Path) -> Result<Self> {
        let writer = Command::new(env::current_exe()?).arg(MODE).arg(file).stdout(Stdio::null()).spawn()?;
        thread::sleep(Duration::from_millis(300));
        Ok(Self(writer))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Writes until the process is killed.
pub(crate) fn write_on(file: &Path) -> Result<()> {
    let writer = rusqlite::Connection::open(file)?;
    writer.execute_batch(
        "PRAGMA synchronous = NORMAL; CREATE TABLE IF NOT EXISTS noise (number INTEGER, text TEXT)",
    )?;
    loop {
        writer.execute("INSERT INTO noise VALUES (1, hex(randomblob(200)))", [])?;
        thread::sleep(WRITES_EVERY);
    }
}
