//! Paces of several programs that use one robot: the strictest of each property holds for all of them.

use std::time::Duration;

use dingtalk_core::delivery::{Pace, Urgency};

use crate::{
    database::Work,
    trouble::Trouble,
    units::{duration, micros},
};

/// Time for which the pace of a program holds after its last use of the robot.
pub(crate) const PACE_LASTS: Duration = Duration::from_secs(3600);

/// Time after which a program that still uses the robot says so again.
pub(crate) const PACE_REPEATS: Duration = Duration::from_secs(600);

/// Limit, reserve and length of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    slots: u32,
    reserve: u32,
    span: Duration,
}

impl Bounds {
    pub(crate) fn of(pace: &Pace) -> Self {
        let slots = |urgency| u32::try_from(pace.slots(urgency)).unwrap_or(u32::MAX);
        let all = slots(Urgency::Urgent);
        Self { slots: all, reserve: all - slots(Urgency::Normal).min(all), span: pace.window_length() }
    }

    /// Returns bounds that keep both.
    pub(crate) fn strictest(self, other: Self) -> Self {
        Self {
            slots: self.slots.min(other.slots),
            reserve: self.reserve.max(other.reserve),
            span: self.span.max(other.span),
        }
    }

    /// Creates bounds from a row: slots, reserve, and the length of the window.
    pub(crate) fn of_numbers(slots: u32, reserve: u32, span: i64) -> Self {
        Self { slots, reserve, span: duration(span) }
    }

    /// Returns the numbers of a row.
    pub(crate) fn numbers(self) -> (u32, u32, i64) {
        (self.slots, self.reserve, micros(self.span))
    }

    /// Returns a pace with these bounds.
    pub(crate) fn pace(self) -> Pace {
        Pace::new().limit(self.slots).urgent_reserve(self.reserve).window(self.span)
    }
}

/// Records that a robot is used within these bounds.
pub(crate) fn register(work: &Work<'_>, robot: i64, bounds: Bounds) -> Result<(), Trouble> {
    let at = work.moment.at;
    work.rows.add_bounds(robot, bounds, at, at - micros(PACE_LASTS))
}

/// Returns the strictest bounds within which a robot was used lately.
pub(crate) fn registered(work: &Work<'_>, robot: i64) -> Result<Option<Bounds>, Trouble> {
    work.rows.bounds(robot, work.moment.at - micros(PACE_LASTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_of_each_property_holds() {
        let seconds = Duration::from_secs;
        let pace =
            |limit, reserve, span| Pace::new().limit(limit).urgent_reserve(reserve).window(seconds(span));
        let together = Bounds::of(&pace(20, 2, 62)).strictest(Bounds::of(&pace(10, 5, 60))).pace();
        assert_eq!(together, pace(10, 5, 62));
        // A reserve larger than the limit leaves one slot for all, here and in the memory's window.
        let together = Bounds::of(&pace(3, 9, 60)).strictest(Bounds::of(&pace(20, 0, 60))).pace();
        assert_eq!(together.slots(Urgency::Normal), 1);
        assert_eq!(together.slots(Urgency::Urgent), 3);
    }
}
