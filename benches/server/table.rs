//! All measurements as one Markdown table.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use crate::{BURSTS, CALLS, CONCURRENT, EACH, Measured, Over, STARTS};

/// Maximum ratio to the bare server's figure that meets the target.
const TARGET: f64 = 1.3;

/// One figure of both servers.
pub(crate) struct Row {
    over: &'static str,
    what: String,
    unit: &'static str,
    ours: f64,
    bare: f64,
    more_is_better: bool,
}

impl Row {
    /// Ratio to the bare server's figure; higher is worse.
    fn ratio(&self) -> f64 {
        if self.more_is_better { self.bare / self.ours } else { self.ours / self.bare }
    }
}

pub(crate) fn rows(over: Over, [ours, bare]: &[Measured; 2]) -> Vec<Row> {
    let over = match over {
        Over::Stdio => "stdio",
        Over::HttpSession => "HTTP, session",
        Over::Http => "HTTP",
    };
    let row = |what: String, unit, figure: fn(&Measured) -> f64| {
        let more_is_better = unit == "/s";
        Row { over, what, unit, ours: figure(ours), bare: figure(bare), more_is_better }
    };
    vec![
        row(format!("start to list of tools, median of {STARTS}"), "ms", |of| median_ms(&of.start)),
        row("memory after it".to_owned(), "MB", |of| megabytes(percentile(&of.memory_after_start, 50))),
        row(format!("first call, median of {STARTS}"), "ms", |of| median_ms(&of.first_call)),
        row(format!("call, median of {CALLS}"), "ms", |of| median_ms(&of.call)),
        row("call, 99th percentile".to_owned(), "ms", |of| milliseconds(percentile(&of.call, 99))),
        row(format!("calls, {CONCURRENT} concurrent"), "/s", |of| {
            calls(1) / percentile(&of.burst, 50).as_secs_f64()
        }),
        row("CPU per call of these".to_owned(), "µs", |of| of.burst_cpu.as_secs_f64() * 1e6 / calls(BURSTS)),
        row("memory after all calls".to_owned(), "MB", |of| megabytes(of.memory_after_calls)),
    ]
}

pub(crate) fn print(rows: &[Row]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut line = |over: &str, what: &str, ours: &str, bare: &str, ratio: &str, target: &str| {
        writeln!(out, "| {over:<13} | {what:<38} | {ours:>13} | {bare:>13} | {ratio:>5} | {target:<13} |")
    };
    line("over", "measured", "dingtalk-notify", "bare server", "ratio", "target")?;
    line("---", "---", "---:", "---:", "---:", "---")?;
    for row in rows {
        let figure = |figure: f64| {
            let decimals = if figure < 100.0 { 2 } else { 0 };
            format!("{figure:.decimals$} {}", row.unit)
        };
        let ratio = row.ratio();
        let met = if ratio <= TARGET { "met" } else { "missed" };
        let ratio = format!("{ratio:.2}");
        line(row.over, &row.what, &figure(row.ours), &figure(row.bare), &ratio, &format!("{TARGET}: {met}"))?;
    }
    Ok(())
}

/// Number of calls in this many bursts.
#[expect(clippy::cast_precision_loss, reason = "far below the precision of the type")]
fn calls(bursts: usize) -> f64 {
    (CONCURRENT as u64 * EACH * bursts as u64) as f64
}

fn median_ms(of: &[Duration]) -> f64 {
    milliseconds(percentile(of, 50))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "far below the precision of the type")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The value that `percent` of all values do not exceed.
fn percentile<T: Copy + Ord>(values: &[T], percent: usize) -> T {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
