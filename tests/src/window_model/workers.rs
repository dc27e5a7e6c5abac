//! Windows with workers: in memory, and in a file.

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{
    Pace, RobotKey,
    window::{RateWindow, Window, Windows as _},
};
use dingtalk_outbox::State;

use super::{WORKERS, Workers};
use crate::{temporary::TemporaryDirectory, virtual_clock::VirtualClock};

/// A window in memory, which all workers share.
#[allow(missing_debug_implementations, reason = "a window has none")]
pub struct InMemory(Arc<dyn Window>);

impl Workers for InMemory {
    fn start(pace: Pace) -> Self {
        Self(Arc::new(RateWindow::new(pace)))
    }

    fn window(&self, _: usize) -> Arc<dyn Window> {
        Arc::clone(&self.0)
    }

    fn crash(&mut self, _: usize) -> bool {
        false
    }

    fn jump_back(&self, _: i64) -> bool {
        false
    }

    fn set_wall(&self, _: i64) {}

    fn restart(&self, _: Duration) -> bool {
        false
    }
}

/// A window in a file, with a connection for each worker.
#[allow(missing_debug_implementations, reason = "a window has none")]
pub struct InFile {
    directory: TemporaryDirectory,
    clock: Arc<VirtualClock>,
    pace: Pace,
    windows: Vec<Arc<dyn Window>>,
}

impl InFile {
    fn open(&self) -> Arc<dyn Window> {
        let state =
            State::builder(self.directory.path()).clock(Arc::clone(&self.clock) as _).inline().build();
        state.window(&RobotKey::from_bytes([7; 32]), &self.pace)
    }
}

impl Workers for InFile {
    fn start(pace: Pace) -> Self {
        let (directory, clock) = (TemporaryDirectory::new(), Arc::new(VirtualClock::new()));
        let mut workers = Self { directory, clock, pace, windows: Vec::new() };
        workers.windows = (0..WORKERS).map(|_| workers.open()).collect();
        workers
    }

    fn window(&self, worker: usize) -> Arc<dyn Window> {
        Arc::clone(&self.windows[worker])
    }

    fn crash(&mut self, worker: usize) -> bool {
        self.windows[worker] = self.open();
        true
    }

    fn jump_back(&self, seconds: i64) -> bool {
        self.clock.jump(-seconds);
        true
    }

    fn set_wall(&self, seconds: i64) {
        self.clock.set_wall(seconds);
    }

    fn restart(&self, up: Duration) -> bool {
        self.clock.restart(up);
        true
    }
}
