//! Clock of a state in tests: tokio's, which can be paused, with jumps.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use dingtalk_outbox::{Clock, Reading};
use tokio::time::Instant;

/// Time from the start of the system to the start of the test.
const UP: Duration = Duration::from_secs(10_000);

/// Wall clock at the start of the test: 2026-11-21T10:00:00Z.
const WALL: Duration = Duration::from_secs(1_795_255_200);

/// A clock that follows tokio's.
#[derive(Debug)]
pub struct VirtualClock {
    origin: Instant,
    jumps: Mutex<Jumps>,
}

#[derive(Debug, Default)]
struct Jumps {
    boot: u32,
    /// Seconds by which the clocks are ahead.
    since_boot: i64,
    wall: i64,
}

impl VirtualClock {
    /// Creates a clock, inside a runtime.
    #[allow(clippy::new_without_default, reason = "it reads a clock")]
    pub fn new() -> Self {
        Self { origin: Instant::now(), jumps: Mutex::default() }
    }

    /// Moves the clock since the start of the system, which happens when a virtual machine is restored. It never shows
    /// less than zero.
    pub fn jump(&self, seconds: i64) {
        let since_boot = i64::try_from(self.read().since_boot.as_secs()).unwrap_or_default();
        self.jumps().since_boot += seconds.max(-since_boot);
    }

    /// Moves the wall clock.
    pub fn set_wall(&self, seconds: i64) {
        self.jumps().wall += seconds;
    }

    /// Restarts the system, which is then up for at most `up`.
    pub fn restart(&self, up: Duration) {
        let elapsed = self.origin.elapsed().as_secs_f64() + UP.as_secs_f64();
        let mut jumps = self.jumps();
        jumps.boot += 1;
        #[allow(clippy::cast_possible_truncation, reason = "seconds of a test")]
        {
            jumps.since_boot = (up.as_secs_f64() - elapsed).floor() as i64;
        }
    }

    fn jumps(&self) -> std::sync::MutexGuard<'_, Jumps> {
        self.jumps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn read(&self) -> Reading {
        let (elapsed, jumps) = (self.origin.elapsed(), self.jumps());
        let since_boot = moved(UP + elapsed, jumps.since_boot);
        let wall = SystemTime::UNIX_EPOCH + moved(WALL + elapsed, jumps.wall);
        Reading::new(format!("run {}", jumps.boot), since_boot, wall)
    }
}

fn moved(time: Duration, seconds: i64) -> Duration {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time.saturating_sub(by) } else { time + by }
}
