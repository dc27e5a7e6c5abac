//! Slots and rests of a robot, as rows.

use std::time::Duration;

use dingtalk_core::delivery::{
    Block, Pace,
    window::{
        SlotEnd, SlotId,
        log::{Rest, SlotLog},
    },
};
use rusqlite::OptionalExtension as _;

use crate::{
    database::{ALL_ROBOTS, Work},
    meter,
    trouble::Trouble,
    units::{duration, micros},
};

/// Limit above which an unknown past is not filled up: only servers other than DingTalk's have such a rate.
const FILLS_UP_TO: usize = 1000;

/// A slot that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) id: i64,
    pub(crate) month: i64,
    pub(crate) begun: i64,
    pub(crate) ends_by: i64,
    pub(crate) ended: Option<i64>,
}

/// Returns the slots of a robot, those that have left the window included.
pub(crate) fn slots(work: &Work<'_>, robot: i64) -> Result<Vec<Slot>, Trouble> {
    let mut statement = work
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

/// Records that a slot is taken, and counts it.
pub(crate) fn begin(work: &Work<'_>, robot: i64, owner: i64, slot: &Slot) -> Result<(), Trouble> {
    insert(work, robot, owner, slot)?;
    meter::count(work, robot, slot.month, meter::Count::USED)
}

/// Removes slots that have left the window.
pub(crate) fn forget(work: &Work<'_>, robot: i64, span: Duration) -> Result<(), Trouble> {
    work.transaction
        .prepare_cached("DELETE FROM slot WHERE robot = ?1 AND coalesce(ended, ends_by) <= ?2")?
        .execute((robot, work.moment.at - micros(span)))?;
    Ok(())
}

/// Adds a row.
pub(crate) fn insert(work: &Work<'_>, robot: i64, owner: i64, slot: &Slot) -> Result<(), Trouble> {
    work.transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO slot (robot, slot, owner, month, begun, ends_by, ended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((robot, slot.id, owner, slot.month, slot.begun, slot.ends_by, slot.ended))?;
    Ok(())
}

/// Records that a slot has ended. Has no effect on one that has already ended.
pub(crate) fn end(work: &Work<'_>, robot: i64, slot: i64, at: i64, end: SlotEnd) -> Result<(), Trouble> {
    let month: Option<i64> = work
        .transaction
        .prepare_cached(
            "UPDATE slot SET ended = min(?3, ends_by) WHERE robot = ?1 AND slot = ?2 AND ended IS NULL
             RETURNING month",
        )?
        .query_row((robot, slot, at), |row| row.get(0))
        .optional()?;
    match (month, meter::Count::of(end)) {
        (Some(month), Some(count)) => meter::count(work, robot, month, count),
        _ => Ok(()),
    }
}

/// Removes a slot that was not used. Has no effect on one that has ended.
pub(crate) fn give_back(work: &Work<'_>, robot: i64, slot: i64, at: i64) -> Result<(), Trouble> {
    let month: Option<i64> = work
        .transaction
        .prepare_cached(
            "DELETE FROM slot WHERE robot = ?1 AND slot = ?2 AND ended IS NULL AND ends_by > ?3 RETURNING month",
        )?
        .query_row((robot, slot, at), |row| row.get(0))
        .optional()?;
    match month {
        Some(month) => meter::count(work, robot, month, meter::Count::UNUSED),
        None => Ok(()),
    }
}

/// Begins a rest of a robot, or of all for a block of the address. A rest that ends later continues.
pub(crate) fn rest(work: &mut Work<'_>, robot: i64, block: Block, until: i64) -> Result<(), Trouble> {
    let robot = if block == Block::Address { ALL_ROBOTS } else { robot };
    work.transaction.prepare_cached("DELETE FROM rest WHERE until <= ?1")?.execute([work.moment.at])?;
    work.transaction
        .prepare_cached(
            "INSERT INTO rest (robot, block, until) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
        )?
        .execute((robot, number(block), until))?;
    Ok(())
}

/// Returns the rests of a robot and of all robots.
pub(crate) fn rests(work: &Work<'_>, robot: i64) -> Result<Vec<Rest>, Trouble> {
    let mut statement = work
        .transaction
        .prepare_cached("SELECT block, until FROM rest WHERE (robot = ?1 OR robot = 0) AND until > ?2")?;
    let rests = statement.query_map((robot, work.moment.at), |row| {
        Ok(Rest { until: duration(row.get(1)?), why: block(row.get(0)?) })
    })?;
    Ok(rests.collect::<Result<_, _>>()?)
}

/// Makes a log of slots and rests, without slots that have left the window.
pub(crate) fn log(slots: &[Slot], rests: &[Rest], pace: &Pace, at: i64, full_at: Option<i64>) -> SlotLog {
    let mut log = SlotLog::default();
    for slot in slots {
        match slot.ended {
            Some(ended) => log.note_end(duration(ended)),
            None => log.begin(name(slot.id), duration(slot.ends_by)),
        }
    }
    let (now, limit) = (duration(at), pace.slots(dingtalk_core::delivery::Urgency::Urgent));
    log.forget(pace, now);
    if let Some(full_at) = full_at.map(duration).filter(|full| *full + pace.window_length() > now)
        && limit <= FILLS_UP_TO
    {
        for _ in log.taken()..limit {
            log.note_end(full_at);
        }
    }
    for rest in rests {
        log.rest(*rest);
    }
    log
}

/// Name of a slot for those who took it.
pub(crate) fn name(slot: i64) -> SlotId {
    SlotId(slot.unsigned_abs())
}

/// Row of a slot by its name.
pub(crate) fn row(slot: SlotId) -> i64 {
    i64::try_from(slot.0).unwrap_or(i64::MAX)
}

fn number(block: Block) -> i64 {
    match block {
        Block::Address => 2,
        Block::Month => 3,
        // A newer cause is most likely one of the robot.
        _ => 1,
    }
}

fn block(number: i64) -> Block {
    match number {
        2 => Block::Address,
        3 => Block::Month,
        _ => Block::Robot,
    }
}
