//! Windows with workers: in memory, in a file, and in a database.

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{
    Pace, RobotKey,
    window::{RateWindow, Window, Windows as _},
};
use dingtalk_outbox::{Postgres, State};

use super::{WORKERS, Workers};
use crate::{
    postgres_server::{PostgresServer, schema, server},
    temporary::TemporaryDirectory,
    virtual_clock::VirtualClock,
};

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

/// A window in a database, with a connection for each worker. The clock goes back only if `JUMPS` is set.
#[allow(missing_debug_implementations, reason = "a window has none")]
pub struct InDatabase<const JUMPS: bool> {
    server: &'static PostgresServer,
    schema: String,
    clock: Arc<VirtualClock>,
    pace: Pace,
    windows: Vec<Arc<dyn Window>>,
}

impl<const JUMPS: bool> InDatabase<JUMPS> {
    fn open(&self) -> Arc<dyn Window> {
        state_in(self.server, &self.schema, &self.clock).window(&RobotKey::from_bytes([7; 32]), &self.pace)
    }
}

/// Returns a state in a schema, as a process of its own has it.
///
/// # Panics
///
/// Panics if the schema's name is invalid.
pub fn state_in(server: &PostgresServer, schema: &str, clock: &Arc<VirtualClock>) -> State {
    let postgres = Postgres::builder(server.url()).schema(schema).build().expect("a valid URL");
    State::postgres(postgres).clock(Arc::clone(clock) as _).inline().build()
}

impl<const JUMPS: bool> Workers for InDatabase<JUMPS> {
    fn start(pace: Pace) -> Self {
        let server = server().expect("the test is skipped without a server");
        let clock = Arc::new(VirtualClock::new());
        let mut workers = Self { server, schema: schema(), clock, pace, windows: Vec::new() };
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
        if JUMPS {
            self.clock.jump(-seconds);
        }
        JUMPS
    }

    fn set_wall(&self, seconds: i64) {
        self.clock.set_wall(seconds);
    }

    fn restart(&self, _: Duration) -> bool {
        // The time is that of the server, whose clock goes on.
        false
    }
}
