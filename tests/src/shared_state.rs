//! A state in a temporary directory, in virtual time.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dingtalk_core::{
    Error,
    delivery::{
        Pace, RobotKey, Urgency,
        window::{Forecast, Slot, SlotRequest, Waiter, Window, Windows as _},
    },
};
use dingtalk_outbox::{State, StateBuilder};

use crate::{temporary::TemporaryDirectory, virtual_clock::VirtualClock};

/// Time for which slots are taken.
pub const HOLDS: Duration = Duration::from_secs(20);

/// A directory for states, with their clock.
#[derive(Debug)]
pub struct SharedState {
    directory: TemporaryDirectory,
    /// Clock of all states.
    pub clock: Arc<VirtualClock>,
}

impl SharedState {
    /// Creates an empty directory, inside a runtime.
    #[allow(clippy::new_without_default, reason = "it creates a directory")]
    pub fn new() -> Self {
        Self { directory: TemporaryDirectory::new(), clock: Arc::new(VirtualClock::new()) }
    }

    /// Returns the path of the state's directory, which the first message creates.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// Returns the path of the state's file.
    pub fn file(&self) -> PathBuf {
        self.path().join("state.db")
    }

    /// Returns the settings of a state, as a process of its own would have it.
    pub fn builder(&self) -> StateBuilder {
        State::builder(self.path()).clock(Arc::clone(&self.clock) as _).inline()
    }

    /// Returns the window of a robot, as a process of its own would have it.
    pub fn window(&self, pace: Pace) -> Arc<dyn Window> {
        self.builder().build().window(&robot(1), &pace)
    }
}

/// Returns the key of a robot by its number.
pub fn robot(number: u8) -> RobotKey {
    RobotKey::from_bytes([number; 32])
}

/// Returns a pace without a reserve, with a window of ten seconds.
pub fn pace(limit: u32) -> Pace {
    Pace::new().limit(limit).urgent_reserve(0).window(Duration::from_secs(10))
}

/// Takes a slot if one is free now.
///
/// # Errors
///
/// Fails if the state does.
pub async fn take(window: &dyn Window, urgency: Urgency) -> Result<Result<Slot<'_>, Forecast>, Error> {
    Waiter::join(window, urgency).take(SlotRequest::new(Duration::ZERO, HOLDS)).await
}

/// Takes all slots that are free now, ends them, and returns their number.
///
/// # Errors
///
/// Fails if the state does.
pub async fn take_all(window: &dyn Window, urgency: Urgency) -> Result<usize, Error> {
    let mut taken = 0;
    while let Ok(slot) = take(window, urgency).await? {
        drop(slot);
        taken += 1;
    }
    Ok(taken)
}

/// Record of what is logged while it exists, in this thread.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to record warnings, until the guard is dropped.
    #[must_use]
    pub fn record(&self) -> impl Drop + use<> {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing_subscriber::util::SubscriberInitExt::set_default(subscriber)
    }

    /// Returns the lines that contain a text.
    pub fn lines(&self, text: &str) -> Vec<String> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
