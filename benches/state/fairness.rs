//! Eight processes that share one window.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::delivery::{
    Pace, RobotKey, Urgency,
    window::{Admission, SlotEnd, SlotRequest, Windows as _},
};
use dingtalk_outbox::State;
use tokio::time::sleep;

use crate::{Result, percentile, report};

/// Argument of a process that sends.
pub(crate) const MODE: &str = "sender";

const PROCESSES: usize = 8;
const SENDS: usize = 20;
const LIMIT: u32 = 20;
const REQUEST: Duration = Duration::from_millis(5);

/// Length of the window, unless this variable says otherwise.
const WINDOW_MS: u64 = 3000;
const WINDOW_VARIABLE: &str = "STATE_BENCH_WINDOW_MS";

/// Seconds that a process may wait for its processor, beyond a tenth of the forecast.
const GRACE: f64 = 0.1;

/// A send of a process, in seconds.
#[derive(Debug, Clone, Copy)]
struct Send {
    process: usize,
    began: f64,
    wait: f64,
    forecast: f64,
}

pub(crate) fn measure(directory: &Path) -> Result<()> {
    let window_ms: u64 = match env::var(WINDOW_VARIABLE) {
        Ok(window) => window.parse()?,
        Err(_) => WINDOW_MS,
    };
    for order in ["each", "all"] {
        let sends = run(&directory.join(order), window_ms, order)?;
        describe(&sends, window_ms, order)?;
    }
    Ok(())
}

fn run(directory: &Path, window_ms: u64, order: &str) -> Result<Vec<Send>> {
    let program = env::current_exe()?;
    let start = |_| {
        Command::new(&program)
            .arg(MODE)
            .arg(directory)
            .args([&window_ms.to_string(), order])
            .stdout(Stdio::piped())
            .spawn()
    };
    let processes: Vec<_> = (0..PROCESSES).map(start).collect::<Result<_, _>>()?;
    let mut sends = Vec::new();
    for (process, running) in processes.into_iter().enumerate() {
        for line in String::from_utf8(running.wait_with_output()?.stdout)?.lines() {
            let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
            let [began, wait, forecast] = numbers[..] else { return Err("three numbers".into()) };
            sends.push(Send { process, began, wait, forecast });
        }
    }
    sends.sort_by(|one, other| one.began.total_cmp(&other.began));
    Ok(sends)
}

#[allow(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn describe(sends: &[Send], window_ms: u64, order: &str) -> Result<()> {
    let window = window_ms as f64 / 1000.0;
    let (Some(first), Some(last)) = (sends.first(), sends.last()) else { return Err("no sends".into()) };
    // As many as the limit go at once, and as many a window later.
    let windows = (sends.len() as f64 / f64::from(LIMIT)).ceil() - 1.0;
    let used = windows * window / (last.began - first.began);
    let late = sends.iter().filter(|send| send.wait > send.forecast * 1.1 + GRACE).count();
    let mut waits: Vec<f64> = sends.iter().map(|send| send.wait).collect();
    waits.sort_by(f64::total_cmp);
    let longest = percentile(&waits, 100).unwrap_or_default();
    // All together need as many windows; one by one, the first ones go at once and the next ones wait for the window.
    let fair = if order == "all" { windows * window } else { window };
    let mut counts = [0usize; PROCESSES];
    for send in sends.iter().take(sends.len() / 2) {
        counts[send.process] += 1;
    }
    report(&format!(
        "\n{PROCESSES} processes, {} sends, {LIMIT} in {window} s, {}: {:.1} % of the rate was used; longest wait \
         {longest:.2} s ({:.2} of the fair {fair:.2} s); {late} waited longer than forecast by more than \
         a tenth and {GRACE} s; of the first half, the processes sent {counts:?}.",
        sends.len(),
        if order == "all" { "all at once" } else { "one after another" },
        used * 100.0,
        longest / fair,
    ))
}

/// Sends as one of the processes.
pub(crate) fn send(arguments: &[String]) -> Result<()> {
    let [directory, window_ms, order, ..] = arguments else { return Err("three arguments".into()) };
    let pace = Pace::new().limit(LIMIT).urgent_reserve(0).window(Duration::from_millis(window_ms.parse()?));
    let state = State::builder(directory).build();
    let window = state.window(&RobotKey::from_bytes([7; 32]), &pace);
    let one = move || {
        let window = Arc::clone(&window);
        async move {
            let waiter = window.join(Urgency::Normal);
            // The forecast of a waiter that has joined, and has no time to wait.
            let take = |patience| window.take(waiter, SlotRequest::new(patience, Duration::from_secs(14)));
            let first = take(Duration::ZERO).await?;
            let started = Instant::now();
            let (slot, forecast) = match first {
                Admission::Granted(slot) => (slot, Duration::ZERO),
                Admission::TooLong(forecast) => match take(Duration::from_secs(3600)).await? {
                    Admission::Granted(slot) => (slot, forecast.wait),
                    Admission::TooLong(_) => return Err("an hour was not enough".into()),
                },
            };
            let (began, wait) = (SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default(), started.elapsed());
            sleep(REQUEST).await;
            window.end(slot, SlotEnd::Delivered);
            report(&format!("{} {} {}", began.as_secs_f64(), wait.as_secs_f64(), forecast.as_secs_f64()))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        if order == "each" {
            for _ in 0..SENDS {
                one().await?;
            }
        } else {
            let sends: Vec<_> = (0..SENDS).map(|_| tokio::spawn(one())).collect();
            for send in sends {
                send.await??;
            }
        }
        state.flush().await;
        Ok(())
    })
}
