//! The sliding log of one robot's sends. Plain data and arithmetic: whoever owns it brings the time and the lock.
//!
//! Times are durations since an origin that the owner chooses: the start of the process where the log lives in memory
//! (a clock that is set must not open the window), 1970 where several processes share one in a store.

use std::{collections::VecDeque, time::Duration};

use super::{Block, Pace};
use crate::Urgency;

/// When a robot sent, and until when it rests.
#[derive(Debug, Clone, Default)]
pub(crate) struct SendLog {
    /// When each send of the last window ended, oldest first. DingTalk counts when a message arrives, which is not after
    /// its answer: counting from there is safe however long the way there took.
    ended: VecDeque<Duration>,
    /// Sends that have begun and not ended.
    in_flight: usize,
    rest: Option<Rest>,
}

/// Nothing is sent for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: Duration,
    pub(crate) why: Block,
}

impl SendLog {
    /// Notes that a send begins.
    pub(crate) fn begin(&mut self) {
        self.in_flight += 1;
    }

    /// Notes that a send has ended, well or badly.
    pub(crate) fn end(&mut self, now: Duration) {
        self.in_flight -= 1;
        self.ended.push_back(now);
    }

    /// Notes that a send came to nothing: the server has seen nothing of it.
    pub(crate) fn take_back(&mut self) {
        self.in_flight -= 1;
    }

    /// Sends nothing until then. A rest that ends later already goes on.
    pub(crate) fn rest(&mut self, rest: Rest) {
        if self.rest.is_none_or(|current| current.until < rest.until) {
            self.rest = Some(rest);
        }
    }

    /// The rest that lasts now.
    pub(crate) fn resting(&self, now: Duration) -> Option<Rest> {
        self.rest.filter(|rest| now < rest.until)
    }

    /// Forgets what has left the window.
    pub(crate) fn forget(&mut self, pace: &Pace, now: Duration) {
        while self.ended.front().is_some_and(|ended| *ended + pace.window <= now) {
            self.ended.pop_front();
        }
    }

    /// When the next message of this urgency may leave; `None` while that depends on sends that have not ended.
    pub(crate) fn free_at(&self, pace: &Pace, urgency: Urgency, now: Duration) -> Option<Duration> {
        let start = self.resting(now).map_or(now, |rest| rest.until);
        let taken = self.ended.len() + self.in_flight;
        match taken.checked_sub(pace.places(urgency)) {
            None => Some(start),
            Some(index) => self.ended.get(index).map(|ended| start.max(*ended + pace.window)),
        }
    }

    /// When a message may leave before which `ahead` others go, if each send takes no time.
    pub(crate) fn forecast(&self, pace: &Pace, urgency: Urgency, ahead: usize, now: Duration) -> Duration {
        let start = self.resting(now).map_or(now, |rest| rest.until);
        let places = pace.places(urgency);
        // As many as there are places leave together, and the same number a window later.
        let windows = u32::try_from(ahead / places).unwrap_or(u32::MAX);
        let taken = self.ended.len() + self.in_flight;
        let first = match (taken + ahead % places).checked_sub(places) {
            None => start,
            Some(index) => start.max(self.ended.get(index).copied().unwrap_or(now) + pace.window),
        };
        first.saturating_add(pace.window.saturating_mul(windows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A log of sends that ended at these seconds.
    fn log(ended: &[u64]) -> SendLog {
        SendLog { ended: ended.iter().copied().map(seconds).collect(), ..SendLog::default() }
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
            assert_eq!(log.free_at(&pace(), Urgency::Normal, now), Some(seconds(normal)), "{sends:?}");
            assert_eq!(log.free_at(&pace(), Urgency::Urgent, now), Some(seconds(urgent)), "{sends:?}");
        }
    }

    #[test]
    fn a_send_that_has_not_ended_keeps_its_place() {
        let mut log = log(&[10]);
        log.begin();
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(30)), Some(seconds(70)));
        log.begin();
        log.begin();
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(30)), None);
        log.take_back();
        log.take_back();
        log.end(seconds(40));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(40)), Some(seconds(70)));
        log.forget(&pace(), seconds(70));
        assert_eq!(log.free_at(&pace(), Urgency::Normal, seconds(70)), Some(seconds(70)));
        log.forget(&pace(), seconds(100));
        assert_eq!(log.ended.len(), 0);
    }

    #[test]
    fn the_forecast_counts_who_goes_before() {
        let log = log(&[10, 20]);
        let forecast = |ahead| log.forecast(&pace(), Urgency::Normal, ahead, seconds(30)).as_secs();
        // Two places: as each of the two sends leaves the window, and again a window later.
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
        assert_eq!(log.free_at(&pace(), Urgency::Urgent, seconds(30)), Some(seconds(100)));
        assert_eq!(log.forecast(&pace(), Urgency::Normal, 2, seconds(30)), seconds(160));
    }
}
