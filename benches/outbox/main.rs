//! Measures a durable queue in SQLite:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench outbox
//! ```
//!
//! - a durable enqueue beside a bare prepared insert in the same mode, and many at once;
//! - the claims and the memory of a process with 20,000 and with 200,000 waiting notifications for 1,000 robots.

mod claims;
mod enqueue;

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let mode = arguments.iter().position(|argument| argument == claims::MODE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Some(at) = mode {
        return runtime.block_on(claims::work_on(Path::new(arguments.get(at + 1).ok_or("a file")?)));
    }
    let directory = Directory::new()?;
    runtime.block_on(enqueue::measure(&directory.0))?;
    runtime.block_on(claims::measure(&directory.0))
}

/// Writes a line of the report.
pub(crate) fn report(line: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Returns the median and the 99th percentile, in microseconds.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> Result<(f64, f64)> {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let micros = |percent| at(percent).map(|time| time.as_secs_f64() * 1e6).ok_or("nothing was measured");
    Ok((micros(50)?, micros(99)?))
}

/// A directory for the files of the measurement, which is removed at the end.
struct Directory(PathBuf);

impl Directory {
    /// Creates one beside the build, because a directory for temporary files can be in memory.
    fn new() -> Result<Self> {
        let program = env::current_exe()?;
        let parent = program.parent().ok_or("the program has no directory")?;
        let path = parent.join(format!("outbox-bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
