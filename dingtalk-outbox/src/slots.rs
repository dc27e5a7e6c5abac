//! Slots and rests of a robot, as rows.

use std::time::Duration;

use dingtalk_core::delivery::{
    Block, Pace,
    window::{
        SlotEnd, SlotId,
        log::{Rest, SlotLog},
    },
};

use crate::{
    records::{Count, Slot},
    trouble::Trouble,
    units::{duration, micros},
    work::Work,
};

/// Limit above which an unknown past is not filled up: only servers other than DingTalk's have such a rate.
pub(crate) const FILLS_UP_TO: usize = 1000;

/// Records that a slot is taken, and counts it.
pub(crate) fn begin(work: &Work<'_>, robot: i64, owner: i64, slot: &Slot) -> Result<(), Trouble> {
    work.rows.add_slot(robot, owner, slot)?;
    work.rows.count(robot, slot.month, Count::USED)
}

/// Removes slots that have left the window.
pub(crate) fn forget(work: &Work<'_>, robot: i64, span: Duration) -> Result<(), Trouble> {
    work.rows.remove_slots(robot, work.moment.at - micros(span))
}

/// Records that a slot has ended. Has no effect on one that has already ended.
pub(crate) fn end(work: &Work<'_>, robot: i64, slot: i64, at: i64, end: SlotEnd) -> Result<(), Trouble> {
    match (work.rows.end_slot(robot, slot, at)?, Count::of(end)) {
        (Some(month), Some(count)) => work.rows.count(robot, month, count),
        _ => Ok(()),
    }
}

/// Removes a slot that was not used. Has no effect on one that has ended.
pub(crate) fn give_back(work: &Work<'_>, robot: i64, slot: i64, at: i64) -> Result<(), Trouble> {
    match work.rows.take_slot_back(robot, slot, at)? {
        Some(month) => work.rows.count(robot, month, Count::UNUSED),
        None => Ok(()),
    }
}

/// Begins a rest of a robot, or of all for a block of the address. A rest that ends later continues.
pub(crate) fn rest(work: &Work<'_>, robot: i64, block: Block, until: i64) -> Result<(), Trouble> {
    let robot = (block != Block::Address).then_some(robot);
    work.rows.rest(robot, number(block), until, work.moment.at)
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

/// Returns the cause of a rest by its number.
pub(crate) fn block(number: i64) -> Block {
    match number {
        2 => Block::Address,
        3 => Block::Month,
        _ => Block::Robot,
    }
}
