//! State shared by the connections of one sandbox.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use crate::{
    config::{Builder, Clock},
    draft::Compose,
    faults::Faults,
    log::Log,
    rate::{Limiter, RateLimit, Window},
    release::Releases,
    render::Names,
    robot::{RobotConfig, random_hex},
};

pub(crate) struct Shared {
    pub(crate) port: u16,
    pub(crate) robots: Vec<RobotConfig>,
    pub(crate) limit: RateLimit,
    pub(crate) deduplicate: bool,
    /// Names of members, for mentions.
    pub(crate) names: Names,
    /// Random id of this run, by which a page notices that another sandbox took its port.
    pub(crate) run: String,
    /// Random secret of this run, which a request that changes something must present: a web site cannot read it.
    pub(crate) token: String,
    redirects_followed: AtomicU64,
    state: Mutex<State>,
    /// The clock of signatures.
    pub(crate) clock: Arc<Clock>,
    /// Turns drafts into bodies.
    pub(crate) compose: Option<Arc<Compose>>,
    /// The way to a real robot.
    pub(crate) releases: Option<Releases>,
    /// Number of the newest entry.
    newest: watch::Sender<u64>,
}

pub(crate) struct State {
    pub(crate) log: Log,
    /// One per robot.
    pub(crate) limiters: Vec<Limiter>,
    /// Number of messages that each robot has accepted since the start, for its quota.
    pub(crate) accepted: Vec<u64>,
    pub(crate) faults: Faults,
}

/// Rate and quota of a robot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Requests that count in the current minute.
    pub(crate) used: usize,
    pub(crate) limit: Option<u32>,
    pub(crate) minute: Duration,
    pub(crate) window: Window,
    /// Rest of the block; zero if the robot is not blocked.
    pub(crate) blocked_for: Duration,
    pub(crate) quota: Option<u64>,
    pub(crate) quota_used: u64,
}

impl Shared {
    pub(crate) fn new(builder: Builder, port: u16) -> Self {
        let now = Instant::now().into_std();
        let limiters = builder.robots.iter().map(|_| Limiter::new(builder.limit(), now)).collect();
        Self {
            port,
            limit: builder.limit(),
            deduplicate: builder.deduplicate,
            names: builder.names,
            run: random_hex(),
            token: random_hex(),
            redirects_followed: AtomicU64::new(0),
            state: Mutex::new(State {
                log: Log::new(builder.log_capacity),
                limiters,
                accepted: vec![0; builder.robots.len()],
                faults: Faults::default(),
            }),
            newest: watch::Sender::new(0),
            robots: builder.robots,
            clock: builder.clock,
            compose: builder.compose,
            releases: builder.release.map(Releases::new),
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

    /// Removes all entries of the log.
    pub(crate) fn clear(&self) {
        self.state().log.clear();
        self.announce();
    }

    /// Removes an entry of the log, and reports whether it was there.
    pub(crate) fn remove(&self, number: u64) -> bool {
        let was_there = self.state().log.remove(number);
        self.announce();
        was_there
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    pub(crate) fn name(&self, robot: usize) -> &str {
        self.robots[robot].name.as_deref().unwrap_or_default()
    }

    /// Returns the rate and the quota of a robot.
    pub(crate) fn usage(&self, at: usize) -> Usage {
        let now = Instant::now().into_std();
        let mut state = self.state();
        let quota_used = state.accepted[at];
        let limiter = &mut state.limiters[at];
        Usage {
            used: limiter.used(now),
            limit: self.limit.per_minute,
            minute: self.limit.minute,
            window: self.limit.window,
            blocked_for: limiter.blocked_for(now),
            quota: self.robots[at].quota,
            quota_used,
        }
    }

    /// Ends the block of a robot, and reports whether it was blocked.
    pub(crate) fn unblock(&self, at: usize) -> bool {
        self.state().limiters[at].unblock(Instant::now().into_std())
    }

    /// Returns the index of the robot with this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.robots.iter().position(|robot| robot.name.as_deref() == Some(name))
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
