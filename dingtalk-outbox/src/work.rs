//! A transaction in the tables, whatever database holds them.

use dingtalk_core::delivery::RobotKey;

use crate::{calls::rows::CallRows, moment::Moment, rows::Rows, trouble::Trouble};

/// A transaction, with its time.
pub(crate) struct Work<'a> {
    /// Tables of the state.
    pub(crate) rows: &'a dyn Rows,
    /// Table of calls.
    pub(crate) calls: &'a dyn CallRows,
    pub(crate) moment: Moment,
    /// Set if the tables are those of the file, and not in memory.
    pub(crate) durable: bool,
}

impl Work<'_> {
    /// Returns the row of a robot, if it has one.
    pub(crate) fn known_robot(&mut self, key: &RobotKey) -> Result<Option<i64>, Trouble> {
        let robot = self.rows.robot(key, false)?;
        self.moment = self.rows.moment().unwrap_or(self.moment);
        Ok(robot)
    }

    /// Returns the row of a robot, which is added unless it exists.
    pub(crate) fn robot(&mut self, key: &RobotKey) -> Result<i64, Trouble> {
        let robot = self.rows.robot(key, true)?;
        self.moment = self.rows.moment().unwrap_or(self.moment);
        robot.ok_or_else(|| Trouble::unusable("a robot was not added"))
    }
}
