//! Rows of calls in SQLite.

use std::time::Duration;

use dingtalk_core::delivery::{Attempt, RobotKey};
use rusqlite::{OptionalExtension as _, Row};

use super::rows::SqliteRows;
use crate::{
    calls::rows::{CallRows, Granted, IN_PROGRESS, Known, RowKey, UNKNOWN},
    trouble::Trouble,
    units::micros,
};

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        meaning: row.get(0)?,
        id: row.get(1)?,
        state: row.get(2)?,
        at: row.get(3)?,
        process: row.get(4)?,
        is_running: None,
        robot: row.get(5)?,
        delivered: row.get(6)?,
        parts: row.get(7)?,
    })
}

impl CallRows for SqliteRows<'_> {
    fn secret(&self) -> Result<Vec<u8>, Trouble> {
        let mut statement = self.transaction.prepare_cached("SELECT secret FROM secret")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn find(&self, key: &RowKey) -> Result<Option<Known>, Trouble> {
        let sql = "SELECT meaning, id, state, at, process, robot, delivered, parts FROM call WHERE key = ?1";
        Ok(self.transaction.prepare_cached(sql)?.query_row([key], known).optional()?)
    }

    fn forget(&self, now: i64) -> Result<(), Trouble> {
        self.execute("DELETE FROM call WHERE forget_at < ?1", [now])
    }

    fn add(
        &self,
        granted: &Granted,
        meaning: Option<&RowKey>,
        id: &str,
        now: i64,
        kept: Duration,
    ) -> Result<(), Trouble> {
        let sql = "INSERT OR REPLACE INTO call (key, meaning, id, state, at, forget_at, claim, process)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let Granted { key, claim, process } = granted;
        self.execute(sql, (key, meaning, id, IN_PROGRESS, now, now + micros(kept), claim, process))
    }

    fn claim_again(&self, granted: &Granted, now: i64, kept: Duration) -> Result<(), Trouble> {
        let sql =
            "UPDATE call SET state = ?2, claim = ?3, process = ?4, forget_at = ?5, earlier_at = at, at = ?6
             WHERE key = ?1";
        let Granted { key, claim, process } = granted;
        self.execute(sql, (key, IN_PROGRESS, claim, process, now + micros(kept), now))
    }

    fn begin(&self, granted: &Granted, attempt: &Attempt) -> Result<bool, Trouble> {
        let sql = "UPDATE call SET robot = ?4, delivered = ?5, parts = ?6
             WHERE key = ?1 AND claim = ?2 AND process = ?3 AND state = ?7";
        let robot = attempt.robot.as_ref().map(RobotKey::as_bytes);
        let number = |parts| u32::try_from(parts).unwrap_or(u32::MAX);
        let (delivered, parts) = (number(attempt.delivered), number(attempt.parts));
        let Granted { key, claim, process } = granted;
        let row = (key, claim, process, robot, delivered, parts, IN_PROGRESS);
        Ok(self.transaction.prepare_cached(sql)?.execute(row)? > 0)
    }

    fn end(&self, granted: &Granted, state: i16, now: i64, kept: Duration) -> Result<(), Trouble> {
        let sql = "UPDATE call SET state = ?4, at = ?5, forget_at = ?6
             WHERE key = ?1 AND claim = ?2 AND process = ?3";
        let Granted { key, claim, process } = granted;
        self.execute(sql, (key, claim, process, state, now, now + micros(kept)))
    }

    fn give_up(&self, granted: &Granted, kept: Duration) -> Result<(), Trouble> {
        let Granted { key, claim, process } = granted;
        let sql = "DELETE FROM call WHERE key = ?1 AND claim = ?2 AND process = ?3 AND earlier_at IS NULL";
        self.execute(sql, (key, claim, process))?;
        let sql = "UPDATE call SET state = ?4, at = earlier_at, forget_at = earlier_at + ?5
             WHERE key = ?1 AND claim = ?2 AND process = ?3";
        self.execute(sql, (key, claim, process, UNKNOWN, micros(kept)))
    }
}
