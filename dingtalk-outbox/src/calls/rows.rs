//! Rows of calls, whatever database holds them. Rules are in [`table`](super::table): they read rows, and decide.

use std::time::Duration;

use dingtalk_core::delivery::Attempt;

use crate::trouble::Trouble;

/// Key of a row.
pub(crate) type RowKey = [u8; 32];

/// State of a row.
pub(crate) const IN_PROGRESS: i16 = 1;
pub(crate) const UNKNOWN: i16 = 2;
pub(crate) const DELIVERED: i16 = 3;
pub(crate) const QUEUED: i16 = 4;

/// A call that is stored.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) meaning: Option<RowKey>,
    pub(crate) id: String,
    pub(crate) state: i16,
    /// Time of the claim or of the outcome.
    pub(crate) at: i64,
    /// Process that made the claim.
    pub(crate) process: String,
    /// Reports whether that process is running, if the database knows.
    pub(crate) is_running: Option<bool>,
    pub(crate) robot: Option<RowKey>,
    pub(crate) delivered: u32,
    pub(crate) parts: u32,
}

/// A claim that is granted.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) key: RowKey,
    pub(crate) claim: i64,
    pub(crate) process: String,
}

/// Rows of calls within one transaction, whose time is `now`.
pub(crate) trait CallRows {
    /// Returns the secret with which keys are made.
    fn secret(&self) -> Result<Vec<u8>, Trouble>;

    /// Returns the name of this process, and begins to tell others that it is running. `None` if the database cannot
    /// tell them.
    fn process(&self) -> Result<Option<String>, Trouble> {
        Ok(None)
    }

    /// Returns the name of this process, if the database tells others that it is running.
    fn known_process(&self) -> Option<String> {
        None
    }

    /// Reads a call. In a transaction that writes, others wait with this question until its end.
    fn find(&self, key: &RowKey) -> Result<Option<Known>, Trouble>;

    /// Removes the rows that are of no use any more.
    fn forget(&self, now: i64) -> Result<(), Trouble>;

    /// Stores a call in progress, which replaces an earlier one with its key.
    fn add(
        &self,
        granted: &Granted,
        meaning: Option<&RowKey>,
        id: &str,
        now: i64,
        kept: Duration,
    ) -> Result<(), Trouble>;

    /// Stores that a call is in progress again, with its id, its robot and its parts.
    fn claim_again(&self, granted: &Granted, now: i64, kept: Duration) -> Result<(), Trouble>;

    /// Stores the robot of an attempt, and the parts before it. Reports whether the claim is known.
    fn begin(&self, granted: &Granted, attempt: &Attempt) -> Result<bool, Trouble>;

    /// Stores the outcome of a claim, unless another claim has replaced it.
    fn end(&self, granted: &Granted, state: i16, now: i64, kept: Duration) -> Result<(), Trouble>;

    /// Stores that a claim has sent nothing: the call is as it was before, and remembered for as long as an unknown
    /// outcome.
    fn give_up(&self, granted: &Granted, kept: Duration) -> Result<(), Trouble>;
}
