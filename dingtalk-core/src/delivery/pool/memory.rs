//! Memory of the robots through which messages may have arrived. Such a message must not be sent through another robot:
//! it is not documented that DingTalk recognises an id that another robot has used.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// A limited number of ids, in addition to those that are being sent.
#[derive(Debug)]
pub(super) struct Memory {
    capacity: usize,
    seen: HashMap<Arc<str>, Seen>,
    /// Ids that may have arrived, by the time of the last report; the first is the next to be forgotten.
    order: VecDeque<(u64, Arc<str>)>,
    now: u64,
}

#[derive(Debug)]
struct Seen {
    robot: usize,
    /// Unfinished sends of this id.
    sends: usize,
    may_have_arrived: bool,
    touched: u64,
}

impl Memory {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, seen: HashMap::new(), order: VecDeque::new(), now: 0 }
    }

    /// Returns the robot that may have received this message.
    pub(super) fn robot_of(&self, id: &str) -> Option<usize> {
        self.seen.get(id).map(|seen| seen.robot)
    }

    /// Records that a send of the message begins through the robot, which is the one that [`robot_of`](Self::robot_of)
    /// returns.
    pub(super) fn begin(&mut self, id: &str, robot: usize) {
        if let Some(seen) = self.seen.get_mut(id) {
            seen.sends += 1;
        } else {
            let seen = Seen { robot, sends: 1, may_have_arrived: false, touched: 0 };
            self.seen.insert(id.into(), seen);
        }
    }

    /// Records that one send of the message has ended. Returns `true` if another robot may send the message.
    pub(super) fn end(&mut self, id: &str, may_have_arrived: bool) -> bool {
        let Some((key, seen)) = self.seen.get_key_value(id) else { return !may_have_arrived };
        let key = Arc::clone(key);
        let sends = seen.sends.saturating_sub(1);
        let may_have_arrived = seen.may_have_arrived || may_have_arrived;
        if sends == 0 && !may_have_arrived {
            self.seen.remove(&key);
            return true;
        }
        self.now += 1;
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.sends = sends;
            seen.may_have_arrived = may_have_arrived;
            seen.touched = self.now;
        }
        self.order.push_back((self.now, key));
        self.forget();
        false
    }

    fn forget(&mut self) {
        while self.order.len() > self.capacity {
            let Some((at, id)) = self.order.pop_front() else { return };
            // An id that was touched later is in the list again, and one that is being sent will be.
            if self.seen.get(&id).is_some_and(|seen| seen.touched == at && seen.sends == 0) {
                self.seen.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_that_may_have_arrived_are_remembered() {
        let mut memory = Memory::new(10);
        memory.begin("a", 1);
        assert_eq!(memory.robot_of("a"), Some(1), "being sent");
        assert!(memory.end("a", false));
        assert_eq!(memory.robot_of("a"), None);
        memory.begin("a", 2);
        assert!(!memory.end("a", true));
        memory.begin("a", 2);
        assert!(!memory.end("a", false), "the earlier send may have arrived");
        assert_eq!(memory.robot_of("a"), Some(2));
    }

    #[test]
    fn two_sends_of_one_id_hold_each_other() {
        let mut memory = Memory::new(10);
        memory.begin("a", 1);
        memory.begin("a", 1);
        assert!(!memory.end("a", false), "the other one may still arrive");
        assert!(memory.end("a", false));
        assert_eq!(memory.robot_of("a"), None);
    }

    #[test]
    fn it_forgets_the_oldest_but_nothing_that_is_being_sent() {
        let mut memory = Memory::new(3);
        memory.begin("sending", 0);
        for id in ["a", "b", "c", "a", "d"] {
            memory.begin(id, 7);
            memory.end(id, true);
        }
        let known = ["a", "b", "c", "d", "sending"].map(|id| memory.robot_of(id).is_some());
        assert_eq!(known, [true, false, true, true, true]);
        for n in 0..1000 {
            memory.begin(&n.to_string(), 7);
            memory.end(&n.to_string(), true);
        }
        assert_eq!((memory.seen.len(), memory.order.len()), (3 + 1, 3));
        assert!(!memory.end("sending", true));
        assert_eq!(memory.seen.len(), 3);
    }

    #[test]
    fn one_that_ends_after_it_was_pushed_out_is_remembered() {
        let mut memory = Memory::new(1);
        memory.begin("a", 0);
        memory.begin("a", 0);
        memory.end("a", true);
        memory.begin("b", 0);
        memory.end("b", true);
        memory.end("a", false);
        assert_eq!((memory.robot_of("a"), memory.robot_of("b")), (Some(0), None));
    }
}
