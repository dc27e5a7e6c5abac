//! Rows of the tables in SQLite.

use std::{cell::RefCell, collections::HashMap};

use dingtalk_core::delivery::{RobotKey, Urgency, window::log::Rest};
use rusqlite::{OptionalExtension as _, Transaction};

use crate::{
    records::{Bounds, Count, Row, Slot, Usage},
    rows::Rows,
    slots,
    trouble::Trouble,
    units::duration,
};

/// Name of a robot that stands for all of them.
const ALL_ROBOTS: i64 = 0;

/// Tables within a transaction.
pub(super) struct SqliteRows<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    /// Rows of robots that are known to exist.
    pub(super) robots: RefCell<&'a mut HashMap<RobotKey, i64>>,
}

impl SqliteRows<'_> {
    pub(super) fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), Trouble> {
        self.transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

impl Rows for SqliteRows<'_> {
    fn robot(&self, key: &RobotKey, add: bool) -> Result<Option<i64>, Trouble> {
        let mut robots = self.robots.borrow_mut();
        if let Some(robot) = robots.get(key) {
            return Ok(Some(*robot));
        }
        let mut statement = self.transaction.prepare_cached("SELECT robot FROM robot WHERE key = ?1")?;
        let mut robot: Option<i64> = statement.query_row([key.as_bytes()], |row| row.get(0)).optional()?;
        if robot.is_none() && add {
            let mut statement = self.transaction.prepare_cached("INSERT INTO robot (key) VALUES (?1)")?;
            robot = Some(statement.insert([key.as_bytes()])?);
        }
        if let Some(robot) = robot {
            robots.insert(*key, robot);
        }
        Ok(robot)
    }

    fn robots(&self) -> Result<Vec<RobotKey>, Trouble> {
        let mut statement = self.transaction.prepare_cached("SELECT key FROM robot ORDER BY key")?;
        let keys = statement.query_map([], |row| Ok(RobotKey::from_bytes(row.get(0)?)))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    fn slots(&self, robot: i64) -> Result<Vec<Slot>, Trouble> {
        let mut statement = self
            .transaction
            .prepare_cached("SELECT slot, month, begun, ends_by, ended FROM slot WHERE robot = ?1")?;
        let slots = statement.query_map([robot], |row| {
            Ok(Slot {
                id: row.get(0)?,
                month: row.get(1)?,
                begun: row.get(2)?,
                ends_by: row.get(3)?,
                ended: row.get(4)?,
            })
        })?;
        Ok(slots.collect::<Result<_, _>>()?)
    }

    fn add_slot(&self, robot: i64, owner: i64, slot: &Slot) -> Result<(), Trouble> {
        let sql = "INSERT OR IGNORE INTO slot (robot, slot, owner, month, begun, ends_by, ended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.execute(sql, (robot, slot.id, owner, slot.month, slot.begun, slot.ends_by, slot.ended))
    }

    fn remove_slots(&self, robot: i64, until: i64) -> Result<(), Trouble> {
        self.execute("DELETE FROM slot WHERE robot = ?1 AND coalesce(ended, ends_by) <= ?2", (robot, until))
    }

    fn end_slot(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble> {
        let sql = "UPDATE slot SET ended = min(?3, ends_by) WHERE robot = ?1 AND slot = ?2 AND ended IS NULL
             RETURNING month";
        let mut statement = self.transaction.prepare_cached(sql)?;
        Ok(statement.query_row((robot, slot, at), |row| row.get(0)).optional()?)
    }

    fn take_slot_back(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble> {
        let sql = "DELETE FROM slot WHERE robot = ?1 AND slot = ?2 AND ended IS NULL AND ends_by > ?3
             RETURNING month";
        let mut statement = self.transaction.prepare_cached(sql)?;
        Ok(statement.query_row((robot, slot, at), |row| row.get(0)).optional()?)
    }

    fn rest(&self, robot: Option<i64>, block: i64, until: i64, now: i64) -> Result<(), Trouble> {
        self.execute("DELETE FROM rest WHERE until <= ?1", [now])?;
        let sql = "INSERT INTO rest (robot, block, until) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET until = max(until, excluded.until)";
        self.execute(sql, (robot.unwrap_or(ALL_ROBOTS), block, until))
    }

    fn rests(&self, robot: Option<i64>, now: i64) -> Result<Vec<Rest>, Trouble> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT block, until FROM rest WHERE (robot = ?1 OR robot = ?2) AND until > ?3",
        )?;
        let rests = statement.query_map((robot.unwrap_or(ALL_ROBOTS), ALL_ROBOTS, now), |row| {
            Ok(Rest { until: duration(row.get(1)?), why: slots::block(row.get(0)?) })
        })?;
        Ok(rests.collect::<Result<_, _>>()?)
    }

    fn waiting(&self, robot: i64, owner: i64, now: i64) -> Result<Vec<Row>, Trouble> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT waiter, urgent, alive_until FROM waiter JOIN owner USING (owner)
             WHERE robot = ?1 AND (alive_until > ?2 OR owner = ?3) ORDER BY urgent DESC, seq",
        )?;
        let rows = statement.query_map((robot, now, owner), |row| {
            let urgency = if row.get(1)? { Urgency::Urgent } else { Urgency::Normal };
            Ok(Row { waiter: row.get(0)?, urgency, alive_until: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn add_waiter(&self, robot: i64, urgency: Urgency, waiter: i64, owner: i64) -> Result<(), Trouble> {
        let sql = "INSERT INTO waiter (robot, urgent, seq, waiter, owner) VALUES (?1, ?2,
                 (SELECT coalesce(max(seq), 0) + 1 FROM waiter WHERE robot = ?1 AND urgent = ?2), ?3, ?4)";
        self.execute(sql, (robot, urgency == Urgency::Urgent, waiter, owner))
    }

    fn remove_waiter(&self, waiter: i64) -> Result<(), Trouble> {
        self.execute("DELETE FROM waiter WHERE waiter = ?1", [waiter])
    }

    fn keep_alive(&self, owner: i64, name: &str, now: i64, until: i64) -> Result<(), Trouble> {
        let sql = "INSERT INTO owner (owner, name, alive_until) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET alive_until = excluded.alive_until";
        self.execute(sql, (owner, name, until))?;
        let sql = "DELETE FROM waiter WHERE owner IN (SELECT owner FROM owner WHERE alive_until <= ?1)";
        self.execute(sql, [now])?;
        self.execute("DELETE FROM owner WHERE alive_until <= ?1", [now])
    }

    fn add_bounds(&self, robot: i64, bounds: Bounds, now: i64, outdated: i64) -> Result<(), Trouble> {
        self.execute("DELETE FROM pace WHERE robot = ?1 AND seen <= ?2", (robot, outdated))?;
        let sql = "INSERT INTO pace (robot, slots, reserve, span, seen) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET seen = excluded.seen";
        let (slots, reserve, span) = bounds.numbers();
        self.execute(sql, (robot, slots, reserve, span, now))
    }

    fn bounds(&self, robot: i64, since: i64) -> Result<Option<Bounds>, Trouble> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT min(slots), max(reserve), max(span) FROM pace WHERE robot = ?1 AND seen > ?2",
        )?;
        let (slots, reserve, span): (Option<u32>, Option<u32>, Option<i64>) =
            statement.query_row((robot, since), |row| row.try_into())?;
        let bounds = slots.zip(reserve).zip(span);
        Ok(bounds.map(|((slots, reserve), span)| Bounds::of_numbers(slots, reserve, span)))
    }

    fn count(&self, robot: i64, month: i64, count: Count) -> Result<(), Trouble> {
        let sql = "INSERT INTO month (robot, month, used, delivered, refused) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET used = max(0, used + excluded.used),
                 delivered = delivered + excluded.delivered, refused = refused + excluded.refused";
        self.execute(sql, (robot, month, count.used, count.delivered, count.refused))
    }

    fn seed(&self, robot: i64, month: i64, used: i64) -> Result<(), Trouble> {
        let sql = "INSERT OR IGNORE INTO month (robot, month, used) VALUES (?1, ?2, ?3)";
        self.execute(sql, (robot, month, used))
    }

    fn usage(&self, robot: i64, month: i64) -> Result<Usage, Trouble> {
        let mut statement = self
            .transaction
            .prepare_cached("SELECT used, delivered, refused FROM month WHERE robot = ?1 AND month = ?2")?;
        let usage = statement.query_row((robot, month), |row| {
            Ok(Usage { used: row.get(0)?, delivered: row.get(1)?, refused: row.get(2)? })
        });
        Ok(usage.optional()?.unwrap_or_default())
    }

    fn used(&self, robots: &[RobotKey], month: i64) -> Result<Vec<(RobotKey, i64)>, Trouble> {
        let mut used = Vec::new();
        for key in robots {
            let Some(robot) = self.robot(key, false)? else { continue };
            used.push((*key, self.usage(robot, month)?.used));
        }
        Ok(used)
    }
}
