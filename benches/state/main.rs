//! Measures a rate window that processes share in a file:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench state
//! ```
//!
//! - the time that it adds to a send, beside a window in memory, idle and beside a busy writer;
//! - eight processes with twenty messages each: the share of the rate that they use, their waits, and their forecasts.

mod cost;
mod fairness;

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let mode = |name: &str| arguments.iter().position(|argument| argument == name);
    if let Some(at) = mode(fairness::MODE) {
        return fairness::send(&arguments[at + 1..]);
    }
    if let Some(at) = mode(cost::MODE) {
        return cost::write_on(Path::new(arguments.get(at + 1).ok_or("a directory")?));
    }
    let directory = Directory::new()?;
    cost::measure(&directory.0)?;
    fairness::measure(&directory.0)
}

/// Writes a line of the report.
pub(crate) fn report(line: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Returns the value below which a share of the sorted values lies.
pub(crate) fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().checked_sub(1)?)).copied()
}

/// A directory for the files of the measurement, which is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("dingtalk-state-bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
