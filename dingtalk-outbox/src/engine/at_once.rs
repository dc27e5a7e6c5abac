//! Decisions that a server makes with one request, and what it tells the waiters of this process.

use dingtalk_core::delivery::{
    RobotKey,
    window::{Admission, SlotEnd, WaiterId},
};

use super::Engine;
use crate::{pace::PACE_REPEATS, postgres::Wish, records::Bounds, review::Review, slots, units::micros};

impl Engine {
    /// Takes a slot for a waiter if a server holds the tables, and has one that is free.
    pub(super) fn take_at_once(&mut self, robot: RobotKey, waiter: WaiterId) -> bool {
        if self.quotas.iter().any(|quota| quota.robots.contains(&robot)) || self.open().is_err() {
            return false;
        }
        let now = self.store.now();
        let Some(line) = self.lines.get(&robot) else { return false };
        let Some((first, taking)) = line.only_request(waiter) else { return false };
        let Some(bounds) = line.bounds.iter().map(|(bounds, _)| *bounds).reduce(Bounds::strictest) else {
            return false;
        };
        let urgency = first.urgency;
        if line.known.taken(bounds.pace().window_length(), now) >= bounds.pace().slots(urgency) {
            // Another request would be in vain.
            return false;
        }
        let since = now.saturating_sub(micros(PACE_REPEATS));
        let records = line.bounds.iter().any(|(_, recorded)| recorded.is_none_or(|at| at <= since));
        if records && line.bounds.len() > 1 {
            return false;
        }
        let holds = micros(taking.request.holds);
        let wish = Wish { robot, waiter: first.row, urgency, holds, bounds, records };
        let Some(Some(taken)) = self.store.decide(|tables, clock| tables.take(&wish, clock)) else {
            return false;
        };
        let review = Review {
            answers: vec![(waiter, Admission::Granted(slots::name(taken.slot.id)))],
            known: taken.known,
            recorded: records,
            at: taken.at,
            ..Review::default()
        };
        self.apply(robot, super::Access::Read, review);
        true
    }

    /// Takes a slot that is due for the first waiter of a robot.
    pub(super) fn take_what_is_due(&mut self, robot: RobotKey) -> bool {
        let waiting =
            self.lines.get(&robot).and_then(|line| line.waiters().iter().find(|one| one.taking.is_some()));
        waiting.map(|waiter| waiter.id).is_some_and(|waiter| self.take_at_once(robot, waiter))
    }

    /// Ends a slot, or gives it back if there is no outcome, if a server holds the tables.
    pub(super) fn end_at_once(&mut self, robot: RobotKey, slot: i64, end: Option<SlotEnd>) -> bool {
        self.open().is_ok()
            && self.store.decide(|tables, clock| tables.end(&robot, slot, end, clock)).is_some()
    }

    /// Asks the server from time to time, and returns the robots whose waiters have to be reviewed.
    pub(super) fn look(&mut self, now: i64) -> Vec<RobotKey> {
        let waiting: Vec<RobotKey> =
            self.lines.iter().filter(|(_, line)| line.is_taking()).map(|(key, _)| *key).collect();
        if waiting.is_empty() || self.looks_at > now {
            return Vec::new();
        }
        self.looks_at = now.saturating_add(micros(self.interval()));
        let owner = self.owner;
        let looks =
            self.store.decide(|tables, clock| tables.look(&waiting, owner, clock)).unwrap_or_default();
        let mut changed = Vec::new();
        for (robot, look) in looks {
            let Some(line) = self.lines.get_mut(&robot) else { continue };
            if look.differs(line.look.replace(look)) {
                changed.push(robot);
            }
        }
        changed
    }
}
