//! Rows of the tables, whatever database holds them. Rules are elsewhere: they read rows, and decide.

use dingtalk_core::delivery::{RobotKey, Urgency, window::log::Rest};

use crate::{
    moment::Moment,
    records::{Bounds, Count, Row, Slot, Usage},
    trouble::Trouble,
};

/// Tables within one transaction. A robot is named by its row.
pub(crate) trait Rows {
    /// Returns the row of a robot, which is added if `add` is set. `None` if it does not exist.
    fn robot(&self, key: &RobotKey, add: bool) -> Result<Option<i64>, Trouble>;

    /// Returns the time of the transaction, if it depends on the robots that it has read.
    fn moment(&self) -> Option<Moment> {
        None
    }

    /// Returns all robots, by key.
    fn robots(&self) -> Result<Vec<RobotKey>, Trouble>;

    /// Returns the slots of a robot, those that have left the window included.
    fn slots(&self, robot: i64) -> Result<Vec<Slot>, Trouble>;

    /// Adds a slot, unless it exists.
    fn add_slot(&self, robot: i64, owner: i64, slot: &Slot) -> Result<(), Trouble>;

    /// Removes the slots that ended at this time or before.
    fn remove_slots(&self, robot: i64, until: i64) -> Result<(), Trouble>;

    /// Ends a slot at this time, or at its latest end, and returns its month. `None` if it has already ended.
    fn end_slot(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble>;

    /// Removes a slot that has not ended at this time, and returns its month.
    fn take_slot_back(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble>;

    /// Begins a rest of a robot, or of all if it is `None`. A rest that ends later continues.
    fn rest(&self, robot: Option<i64>, block: i64, until: i64, now: i64) -> Result<(), Trouble>;

    /// Returns the rests that hold for a robot, or those of all robots alone.
    fn rests(&self, robot: Option<i64>, now: i64) -> Result<Vec<Rest>, Trouble>;

    /// Returns the waiters of a robot whose owners are alive, and all of one owner, in their order.
    fn waiting(&self, robot: i64, owner: i64, now: i64) -> Result<Vec<Row>, Trouble>;

    /// Adds a waiter behind all others of its urgency.
    fn add_waiter(&self, robot: i64, urgency: Urgency, waiter: i64, owner: i64) -> Result<(), Trouble>;

    /// Removes a waiter by its name.
    fn remove_waiter(&self, waiter: i64) -> Result<(), Trouble>;

    /// Records that an owner is alive until this time, and removes others that are not, with their waiters.
    fn keep_alive(&self, owner: i64, name: &str, now: i64, until: i64) -> Result<(), Trouble>;

    /// Records that a robot is used within these bounds, and removes those that were last seen at `outdated` or
    /// before.
    fn add_bounds(&self, robot: i64, bounds: Bounds, now: i64, outdated: i64) -> Result<(), Trouble>;

    /// Returns the strictest bounds within which a robot was used after this time.
    fn bounds(&self, robot: i64, since: i64) -> Result<Option<Bounds>, Trouble>;

    /// Changes the counters of a robot.
    fn count(&self, robot: i64, month: i64, count: Count) -> Result<(), Trouble>;

    /// Sets the number of requests of a robot in a month, unless there are some.
    fn seed(&self, robot: i64, month: i64, used: i64) -> Result<(), Trouble>;

    /// Returns the counters of a robot.
    fn usage(&self, robot: i64, month: i64) -> Result<Usage, Trouble>;

    /// Returns the requests of the robots that exist among these. In a transaction that writes, others wait with this
    /// question until its end.
    fn used(&self, robots: &[RobotKey], month: i64) -> Result<Vec<(RobotKey, i64)>, Trouble>;
}
