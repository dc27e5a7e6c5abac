//! Numbers of a store.

use std::time::SystemTime;

use dingtalk_core::queue::store::LanePending;

/// Numbers of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Lanes with notifications, by name: also those that no process serves.
    pub lanes: Vec<LaneStats>,
    /// Number of dead letters.
    pub dead_letters: usize,
    /// Size of the store, in bytes, if it is known.
    pub bytes: Option<u64>,
}

impl Stats {
    /// Creates the numbers of a store of unknown size.
    pub fn new(lanes: Vec<LaneStats>, dead_letters: usize) -> Self {
        Self { lanes, dead_letters, bytes: None }
    }
}

/// Numbers of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneStats {
    /// Name of the lane.
    pub lane: String,
    /// Name of a robot by which a sender of a waiting notification knows the lane.
    pub robot: Option<String>,
    /// Notifications.
    pub pending: LanePending,
    /// Time since when the longest waiting of the next notifications has been waiting: of the next urgent one, the next
    /// normal one, and the next deferred one.
    pub waiting_since: Option<SystemTime>,
}

impl LaneStats {
    /// Creates the numbers of a lane without waiting notifications.
    pub fn new(lane: impl Into<String>, pending: LanePending) -> Self {
        Self { lane: lane.into(), robot: None, pending, waiting_since: None }
    }
}
