//! Sliding log of a robot's slots: plain data and arithmetic, with the time as an argument.
//!
//! Times count from an origin that the owner chooses: the start of the process for a log in memory, because setting the
//! clock must not open the window.
//!
//! Public for `dingtalk-outbox`, which reads its slots from a database; not part of the public interface.

use std::{collections::VecDeque, time::Duration};

use super::{Block, Pace, SlotId};
use crate::delivery::Urgency;

/// Slots of the last window, and the current rest.
#[derive(Debug, Clone, Default)]
pub struct SlotLog {
    /// Ends of the last window's slots, oldest first. DingTalk counts a message when it arrives, which is not later
    /// than its answer: counting from the answer is safe for requests of any length.
    ended: VecDeque<Duration>,
    /// Slots that were taken and have not ended, with their latest ends.
    open: Vec<(SlotId, Duration)>,
    rest: Option<Rest>,
}

/// A span without requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// End of the span.
    pub until: Duration,
    /// Cause of the rest.
    pub why: Block,
}

impl SlotLog {
    /// Records that a slot is taken, with its latest end.
    pub fn begin(&mut self, slot: SlotId, ends_by: Duration) {
        self.open.push((slot, ends_by));
    }

    /// Records that a slot has ended. Has no effect on a slot that has already ended.
    pub fn end(&mut self, slot: SlotId, now: Duration) {
        if let Some((_, ends_by)) = self.remove(slot) {
            self.note_end(now.min(ends_by));
        }
    }

    /// Removes a slot that was not used. Has no effect on a slot that has already ended.
    pub fn give_back(&mut self, slot: SlotId) {
        self.remove(slot);
    }

    /// Begins a rest, during which no slot is granted. A rest that ends later continues.
    pub fn rest(&mut self, rest: Rest) {
        if self.rest.is_none_or(|current| current.until < rest.until) {
            self.rest = Some(rest);
        }
    }

    /// Returns the current rest.
    pub fn resting(&self, now: Duration) -> Option<Rest> {
        self.rest.filter(|rest| now < rest.until)
    }

    /// Ends slots whose time has passed, and removes those that have left the window.
    pub fn forget(&mut self, pace: &Pace, now: Duration) {
        while let Some(index) = self.open.iter().position(|(_, ends_by)| *ends_by <= now) {
            let (_, ends_by) = self.open.swap_remove(index);
            self.note_end(ends_by);
        }
        while self.ended.front().is_some_and(|ended| *ended + pace.window_length() <= now) {
            self.ended.pop_front();
        }
    }

    /// Returns the time at which the next message of this urgency can be sent, if no open slot ends early.
    pub fn free_at(&self, pace: &Pace, urgency: Urgency, now: Duration) -> Duration {
        let start = self.resting(now).map_or(now, |rest| rest.until);
        let Some(index) = self.taken().checked_sub(pace.slots(urgency)) else { return start };
        let ended = self.ended.get(index).copied();
        start.max(ended.unwrap_or_else(|| self.latest_end(index - self.ended.len())) + pace.window_length())
    }

    /// Returns the time at which a message can be sent after `ahead` others, if requests take no time.
    pub fn forecast(&self, pace: &Pace, urgency: Urgency, ahead: usize, now: Duration) -> Duration {
        let start = self.resting(now).map_or(now, |rest| rest.until);
        let slots = pace.slots(urgency);
        // As many messages as there are slots are sent together, and the same number a window later.
        let windows = u32::try_from(ahead / slots).unwrap_or(u32::MAX);
        let first = match (self.taken() + ahead % slots).checked_sub(slots) {
            None => start,
            Some(index) => start.max(self.ended.get(index).copied().unwrap_or(now) + pace.window_length()),
        };
        first.saturating_add(pace.window_length().saturating_mul(windows))
    }

    /// Returns the number of slots that count.
    pub fn taken(&self) -> usize {
        self.ended.len() + self.open.len()
    }

    fn remove(&mut self, slot: SlotId) -> Option<(SlotId, Duration)> {
        let index = self.open.iter().position(|(id, _)| *id == slot)?;
        Some(self.open.swap_remove(index))
    }

    /// Records the end of a slot that was not recorded as taken.
    pub fn note_end(&mut self, at: Duration) {
        let index = self.ended.partition_point(|ended| *ended <= at);
        self.ended.insert(index, at);
    }

    /// Returns the latest end of an open slot, by its index from the first to end.
    fn latest_end(&self, index: usize) -> Duration {
        let mut ends: Vec<Duration> = self.open.iter().map(|(_, ends_by)| *ends_by).collect();
        ends.sort_unstable();
        ends.get(index).copied().unwrap_or(Duration::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Creates a log of slots that ended at these seconds.
    fn log(ended: &[u64]) -> SlotLog {
        SlotLog { ended: ended.iter().copied().map(seconds).collect(), ..SlotLog::default() }
    }

    fn pace() -> Pace {
        Pace::new().limit(3).urgent_reserve(1).window(seconds(60))
    }

    #[test]
    fn the_oldest_send_makes_room() {
        let now = seconds(30);
        for (sends, normal, urgent) in
            [(&[] as &[u64], 30, 30), (&[10], 30, 30), (&[10, 20], 70, 30), (&[10, 20, 30], 80, 70)]
        {
            let log = log(sends);
            assert_eq!(log.free_at(&pace(), Urgency::Normal, now), seconds(normal), "{sends:?}");
            assert_eq!(log.free_at(&pace(), Urgency::Urgent, now), seconds(urgent), "{sends:?}");
        }
    }

    #[test]
    fn a_slot_that_has_not_ended_is_taken() {
        let mut log = log(&[10]);
        let [first, second, third] = [SlotId(1), SlotId(2), SlotId(3)];
        log.begin(first, seconds(90));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(30)), seconds(70));
        log.begin(second, seconds(95));
        log.begin(third, seconds(99));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(30)), seconds(155), "when its time is over");
        log.give_back(second);
        log.give_back(third);
        log.end(first, seconds(40));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(40)), seconds(70));
        log.forget(&pace(), seconds(70));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(70)), seconds(70));
        log.forget(&pace(), seconds(100));
        assert_eq!(log.ended.len(), 0);
    }

    #[test]
    fn ending_and_giving_back_name_the_slot_and_count_once() {
        let mut log = log(&[]);
        let [first, second] = [SlotId(1), SlotId(2)];
        log.begin(first, seconds(90));
        log.begin(second, seconds(90));
        for _ in 0..2 {
            log.end(first, seconds(20));
            log.give_back(first);
        }
        assert_eq!((log.ended.len(), log.open.len()), (1, 1));
        log.give_back(second);
        log.end(second, seconds(20));
        assert_eq!((log.ended.len(), log.open.len()), (1, 0));
    }

    #[test]
    fn a_slot_that_nobody_ends_has_ended_when_its_time_is_over() {
        let mut log = log(&[]);
        log.begin(SlotId(1), seconds(40));
        log.begin(SlotId(2), seconds(20));
        log.forget(&pace(), seconds(50));
        assert_eq!(log.ended, [seconds(20), seconds(40)]);
        // Its process was only slow, which does not change the recorded end.
        log.end(SlotId(1), seconds(50));
        log.give_back(SlotId(2));
        assert_eq!(log.ended, [seconds(20), seconds(40)]);
    }

    #[test]
    fn the_forecast_counts_who_goes_before() {
        let log = log(&[10, 20]);
        let forecast = |ahead| log.forecast(&pace(), Urgency::Normal, ahead, seconds(30)).as_secs();
        // Two slots: one when each of the two sends leaves the window, and again a window later.
        assert_eq!([0, 1, 2, 3, 4].map(forecast), [70, 80, 130, 140, 190]);
        let urgent = |ahead| log.forecast(&pace(), Urgency::Urgent, ahead, seconds(30)).as_secs();
        assert_eq!([0, 1, 2, 3, 4].map(urgent), [30, 70, 80, 90, 130]);
    }

    #[test]
    fn a_rest_puts_everything_off_and_is_never_cut_short() {
        let mut log = log(&[10, 20]);
        log.rest(Rest { until: seconds(100), why: Block::Robot });
        log.rest(Rest { until: seconds(50), why: Block::Address });
        assert_eq!(log.resting(seconds(99)), Some(Rest { until: seconds(100), why: Block::Robot }));
        assert_eq!(log.resting(seconds(100)), None);
        assert_eq!(log.free_at(&pace(), Urgency::Urgent, seconds(30)), seconds(100));
        assert_eq!(log.forecast(&pace(), Urgency::Normal, 2, seconds(30)), seconds(160));
    }
}
