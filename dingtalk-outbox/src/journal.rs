//! Events that were recorded in memory while the file could not be used, and are written to it later.

use dingtalk_core::delivery::{Block, RobotKey, window::SlotEnd};

use crate::{records::Slot, slots, trouble::Trouble, work::Work};

/// Number of events that are kept. Older ones are only missing in the count of the month.
const KEPT: usize = 10_000;

/// An event of a robot.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Taken(Slot),
    Ended { slot: i64, at: i64, end: SlotEnd },
    GivenBack { slot: i64, at: i64 },
    Rests { block: Block, until: i64 },
}

/// Events in their order.
#[derive(Debug, Default)]
pub(crate) struct Journal(std::collections::VecDeque<(RobotKey, Event)>);

impl Journal {
    pub(crate) fn note(&mut self, robot: RobotKey, event: Event) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((robot, event));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Writes all events to the tables.
    pub(crate) fn replay(&self, work: &mut Work<'_>, owner: i64) -> Result<(), Trouble> {
        for (key, event) in &self.0 {
            let robot = work.robot(key)?;
            match *event {
                Event::Taken(slot) => slots::begin(work, robot, owner, &slot)?,
                Event::Ended { slot, at, end } => slots::end(work, robot, slot, at, end)?,
                Event::GivenBack { slot, at } => slots::give_back(work, robot, slot, at)?,
                Event::Rests { block, until } => slots::rest(work, robot, block, until)?,
            }
        }
        Ok(())
    }
}
