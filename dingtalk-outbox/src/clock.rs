//! Clocks of the state: time since the start of the system, which nobody sets, and the wall clock.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Source of the time, for tests that need their own.
pub trait Clock: Send + Sync {
    /// Reads all clocks.
    fn read(&self) -> Reading;
}

/// Times of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// Identifier of the system's current run. Times since the start are comparable only within one run.
    pub boot: Arc<str>,
    /// Time since the start of the system, including the time in which it slept.
    pub since_boot: Duration,
    /// Time of the wall clock. Decides on months, and on the rest of a rest after a restart of the system.
    pub wall: SystemTime,
}

impl Reading {
    /// Creates a reading.
    pub fn new(boot: impl Into<Arc<str>>, since_boot: Duration, wall: SystemTime) -> Self {
        Self { boot: boot.into(), since_boot, wall }
    }
}

/// Clocks of the operating system.
///
/// Outside Linux there is no clock that all processes can read and that nobody sets. There, the wall clock takes its
/// place, and setting it forwards makes slots of the window free early.
#[derive(Debug)]
pub(crate) struct SystemClock {
    boot: Option<Arc<str>>,
}

/// Identifier in place of that of a run, where the wall clock is used.
pub(crate) const WALL: &str = "wall clock";

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { boot: boot_id() }
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let wall = SystemTime::now();
        if let Some((boot, since_boot)) = self.boot.as_ref().zip(since_boot()) {
            return Reading { boot: Arc::clone(boot), since_boot, wall };
        }
        let since_boot = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Reading { boot: WALL.into(), since_boot, wall }
    }
}

#[cfg(target_os = "linux")]
fn boot_id() -> Option<Arc<str>> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().into())
}

#[cfg(not(target_os = "linux"))]
fn boot_id() -> Option<Arc<str>> {
    None
}

#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime)).ok()
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_clock_goes_on_within_one_run() {
        let clock = SystemClock::new();
        let (first, second) = (clock.read(), clock.read());
        assert_eq!(first.boot, second.boot);
        assert!(first.since_boot <= second.since_boot && !first.since_boot.is_zero());
        assert_eq!(cfg!(target_os = "linux"), &*first.boot != WALL);
    }
}
