//! Time of a transaction, and the repair of times after a restart of the system and after a clock that went backwards.

use std::time::{Duration, SystemTime};

use dingtalk_core::delivery::window::month::{Month, month_at};
use rusqlite::{OptionalExtension as _, Transaction};

use crate::{
    clock::{Reading, WALL},
    schema::SCHEMA,
    trouble::Trouble,
    units::{micros, since_1970},
};

/// Kind of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Time by which a clock may go backwards without a reason: wall clocks are corrected in small steps.
const SLACK: i64 = 1_000_000;

/// Time of a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Microseconds since the start of the system.
    pub(crate) at: i64,
    /// Wall clock at the start of the system, in microseconds since 1970.
    pub(crate) booted_at: i64,
    /// Month in China since January 1970.
    pub(crate) month: i64,
    /// Time until the next month.
    pub(crate) month_left: Duration,
    /// Length of the month.
    pub(crate) month_length: Duration,
    /// Time at which all slots count as ended, if earlier ones are not known.
    pub(crate) full_at: Option<i64>,
}

/// Row of the table `meta`.
struct Meta {
    min_compatible: i64,
    boot: String,
    seen: i64,
    booted_at: i64,
    full_at: Option<i64>,
}

impl Moment {
    /// Returns a time of the clocks before anything is known of the tables.
    #[cfg(feature = "postgres")]
    pub(crate) fn of(at: i64, wall: SystemTime) -> Self {
        Self::new(at, wall, None)
    }

    fn new(at: i64, wall: SystemTime, full_at: Option<i64>) -> Self {
        let Month { number, left, length } = month_at(wall);
        let month = i64::try_from(number).unwrap_or_default();
        Self { at, booted_at: since_1970(wall) - at, month, month_left: left, month_length: length, full_at }
    }
}

/// Reads the clocks, records the time, and repairs earlier times that lie in the future. Returns `None` if that is
/// necessary but the transaction only reads.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    access: Access,
    reading: &Reading,
) -> Result<Option<Moment>, Trouble> {
    let meta = transaction
        .prepare_cached("SELECT min_compatible, boot, seen, booted_at, full_at FROM meta")?
        .query_row([], |row| {
            Ok(Meta {
                min_compatible: row.get(0)?,
                boot: row.get(1)?,
                seen: row.get(2)?,
                booted_at: row.get(3)?,
                full_at: row.get(4)?,
            })
        })
        .optional()?
        .ok_or(Trouble::Damaged)?;
    if meta.min_compatible > SCHEMA {
        return Err(Trouble::Newer);
    }
    let now = micros(reading.since_boot);
    let same_run = *meta.boot == *reading.boot;
    let mut moment = Moment::new(now, reading.wall, meta.full_at);
    if same_run && now + SLACK >= meta.seen {
        moment.at = now.max(meta.seen);
    } else if access == Access::Read {
        return Ok(None);
    } else if meta.boot.is_empty() {
        // A new file.
    } else if same_run {
        moment.full_at = Some(now);
        go_back(transaction, meta.seen, now)?;
    } else {
        // Every earlier request ended before the system started, if both times count from a start.
        let counted = [&*meta.boot, &*reading.boot].iter().all(|boot| *boot != WALL);
        let start = if counted { 0 } else { now };
        moment.full_at = Some(start);
        restart(transaction, &meta, &moment, start)?;
    }
    if access == Access::Write {
        transaction
            .prepare_cached("UPDATE meta SET boot = ?1, seen = ?2, booted_at = ?3, full_at = ?4")?
            .execute((&*reading.boot, moment.at, moment.booted_at, moment.full_at))?;
    }
    Ok(Some(moment))
}

/// Moves times that lie in the future after a backward jump of the clock from `seen` to `now`.
fn go_back(transaction: &Transaction<'_>, seen: i64, now: i64) -> Result<(), Trouble> {
    transaction.execute(
        "UPDATE slot SET begun = min(begun, ?2), ended = min(ended, ?2),
             ends_by = CASE WHEN ends_by <= ?2 THEN ends_by WHEN ends_by <= ?1 THEN ?2 ELSE ends_by - ?1 + ?2 END",
        (seen, now),
    )?;
    transaction.execute("UPDATE pace SET seen = min(seen, ?1)", [now])?;
    // The span that was left at the last transaction is left now.
    transaction.execute("UPDATE rest SET until = until - ?1 + ?2", (seen, now))?;
    transaction.execute("UPDATE owner SET alive_until = alive_until - ?1 + ?2", (seen, now))?;
    transaction.execute("UPDATE call SET at = min(at, ?1), earlier_at = min(earlier_at, ?1)", [now])?;
    Ok(())
}

/// Moves times of an earlier run of the system into the current one.
fn restart(transaction: &Transaction<'_>, meta: &Meta, moment: &Moment, start: i64) -> Result<(), Trouble> {
    transaction.execute("UPDATE slot SET begun = ?1, ends_by = ?1, ended = ?1", [start])?;
    transaction.execute("UPDATE pace SET seen = ?1", [start])?;
    transaction.execute("DELETE FROM waiter", [])?;
    transaction.execute("DELETE FROM owner", [])?;
    // The wall clock says how long the system was off. A rest never becomes longer than what was left of it.
    let moved = meta.booted_at - moment.booted_at;
    let calls = "UPDATE call SET at = min(at + ?1, ?2), earlier_at = min(earlier_at + ?1, ?2), forget_at = forget_at + ?1";
    transaction.execute(calls, (moved, moment.at))?;
    transaction
        .execute("UPDATE rest SET until = min(until + ?1, until - ?2 + ?3)", (moved, meta.seen, moment.at))?;
    Ok(())
}
