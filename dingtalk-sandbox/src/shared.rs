//! State shared by the connections of one sandbox.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::watch;

use crate::{
    config::{Builder, RobotConfig, random_hex},
    fault::Faults,
    log::Log,
    rate::Limiter,
};

pub(crate) struct Shared {
    pub(crate) port: u16,
    pub(crate) robots: Vec<RobotConfig>,
    pub(crate) deduplicate: bool,
    /// Random id of this run, by which a page notices that another sandbox took its port.
    pub(crate) run: String,
    redirects_followed: AtomicU64,
    state: Mutex<State>,
    /// Number of the newest entry.
    newest: watch::Sender<u64>,
}

pub(crate) struct State {
    pub(crate) log: Log,
    /// One per robot.
    pub(crate) limiters: Vec<Limiter>,
    pub(crate) faults: Faults,
}

impl Shared {
    pub(crate) fn new(builder: Builder, port: u16) -> Self {
        let limiter =
            |_: &RobotConfig| Limiter::new(builder.rate_per_minute, builder.rate_window, builder.block);
        let limiters = builder.robots.iter().map(limiter).collect();
        Self {
            port,
            robots: builder.robots,
            deduplicate: builder.deduplicate,
            run: random_hex(),
            redirects_followed: AtomicU64::new(0),
            state: Mutex::new(State {
                log: Log::new(builder.log_capacity),
                limiters,
                faults: Faults::default(),
            }),
            newest: watch::Sender::new(0),
        }
    }

    /// Locks the state, briefly and never across an await. A poisoned lock is safe to use: no code that holds it
    /// leaves the state half changed.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn announce(&self) {
        self.newest.send_replace(self.state().log.requests());
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    pub(crate) fn name(&self, robot: usize) -> &str {
        self.robots[robot].name.as_deref().unwrap_or_default()
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn webhook(&self, robot: &RobotConfig) -> String {
        let token = form_urlencoded::byte_serialize(robot.token.as_bytes()).collect::<String>();
        format!("{}/robot/send?access_token={token}", self.base_url())
    }

    pub(crate) fn count_redirect(&self) {
        self.redirects_followed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn redirects_followed(&self) -> u64 {
        self.redirects_followed.load(Ordering::Relaxed)
    }
}
