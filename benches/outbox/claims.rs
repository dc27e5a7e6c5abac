//! The cost of the steps of a delivery, and the memory of their process, with few and with many waiting notifications.

use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use dingtalk_core::queue::store::{Settlement, Store as _};
use dingtalk_outbox::SqliteStore;

use crate::{
    Result,
    enqueue::{ROBOTS, envelope, lane},
    percentiles, report,
};

/// Argument of the process that is measured, before the path of its file.
pub(crate) const MODE: &str = "claims";

/// Steps of each sort.
const STEPS: usize = 1000;

/// Number of items of a claim: without digests, and with digests of a burst, and at most.
const SIZES: [usize; 3] = [1, 20, 200];

/// Robots with half of all notifications, so that each has more than the largest claim in both files.
const BUSY: usize = 40;

const WAITING: [usize; 2] = [20_000, 200_000];

const LEASE: Duration = Duration::from_secs(150);

pub(crate) async fn measure(directory: &Path) -> Result<()> {
    report(
        "| waiting | items of a claim | claim, median | 99th percentile | begin and settle, median | memory |",
    )?;
    report("|---:|---:|---:|---:|---:|---:|")?;
    for waiting in WAITING {
        let file = directory.join(format!("{waiting}.db"));
        fill(&file, waiting).await?;
        let output = Command::new(env::current_exe()?).arg(MODE).arg(&file).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        for row in String::from_utf8_lossy(&output.stdout).lines() {
            report(&format!("| {waiting} {row}"))?;
        }
        fs::remove_file(&file)?;
    }
    Ok(())
}

/// Returns the robot of a notification.
fn robot(number: usize) -> usize {
    if number.is_multiple_of(2) { number / 2 % BUSY } else { BUSY + number / 2 % (ROBOTS - BUSY) }
}

async fn fill(file: &Path, waiting: usize) -> Result<()> {
    let store = SqliteStore::open(file)?;
    let numbers: Vec<usize> = (0..waiting).collect();
    for numbers in numbers.chunks(250) {
        let names: Vec<String> = numbers.iter().map(|number| lane(robot(*number))).collect();
        let together: Vec<_> = names
            .iter()
            .zip(numbers)
            .map(|(lane, number)| store.enqueue(lane, envelope(*number), waiting))
            .collect();
        for enqueued in together {
            enqueued.await?;
        }
    }
    Ok(())
}

/// Delivers from a file, and prints a row for each size of claims.
pub(crate) async fn work_on(file: &Path) -> Result<()> {
    let store = SqliteStore::open(file)?;
    for size in SIZES {
        let (mut claims, mut settles) = (Vec::new(), Vec::new());
        for number in 0..STEPS {
            let lane = lane(number % BUSY);
            let started = Instant::now();
            let claimed = store.claim(&lane, size, LEASE).await?;
            claims.push(started.elapsed());
            let (Some(claim), Some(item)) = (claimed.claim, claimed.items.first()) else {
                return Err("too few notifications".into());
            };
            if claimed.items.len() != size {
                return Err("too few notifications of one robot".into());
            }
            let started = Instant::now();
            store.begin(&claim, &item.envelope.id, LEASE).await?;
            store.settle(&claim, &item.envelope.id, Settlement::Delivered).await?;
            settles.push(started.elapsed());
        }
        let ((claim, slow), (settle, _)) = (percentiles(claims)?, percentiles(settles)?);
        let memory = memory()?;
        report(&format!("| {size} | {claim:.0} µs | {slow:.0} µs | {settle:.0} µs | {memory} |"))?;
    }
    Ok(())
}

/// Returns the highest resident memory of this process.
fn memory() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next());
    let Some(kilobytes) = peak else { return Ok("unknown".to_owned()) };
    Ok(format!("{:.1} MB", kilobytes.parse::<f64>()? / 1024.0))
}
