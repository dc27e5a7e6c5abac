//! Paces of several programs that use one robot: the strictest of each property holds for all of them.

use std::time::Duration;

use dingtalk_core::delivery::{Pace, Urgency};

use crate::{
    database::Work,
    trouble::Trouble,
    units::{duration, micros},
};

/// Time for which the pace of a program holds after its last use of the robot.
const PACE_LASTS: Duration = Duration::from_secs(3600);

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

    /// Returns a pace with these bounds.
    pub(crate) fn pace(self) -> Pace {
        Pace::new().limit(self.slots).urgent_reserve(self.reserve).window(self.span)
    }
}

/// Records that a robot is used within these bounds.
pub(crate) fn register(work: &Work<'_>, robot: i64, bounds: Bounds) -> Result<(), Trouble> {
    let at = work.moment.at;
    work.transaction
        .prepare_cached("DELETE FROM pace WHERE robot = ?1 AND seen <= ?2")?
        .execute((robot, at - micros(PACE_LASTS)))?;
    work.transaction
        .prepare_cached(
            "INSERT INTO pace (robot, slots, reserve, span, seen) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET seen = excluded.seen",
        )?
        .execute((robot, bounds.slots, bounds.reserve, micros(bounds.span), at))?;
    Ok(())
}

/// Returns the strictest bounds within which a robot was used lately.
pub(crate) fn registered(work: &Work<'_>, robot: i64) -> Result<Option<Bounds>, Trouble> {
    let since = work.moment.at - micros(PACE_LASTS);
    let mut statement = work.transaction.prepare_cached(
        "SELECT min(slots), max(reserve), max(span) FROM pace WHERE robot = ?1 AND seen > ?2",
    )?;
    let (slots, reserve, span): (Option<u32>, Option<u32>, Option<i64>) =
        statement.query_row((robot, since), |row| row.try_into())?;
    let bounds = slots.zip(reserve).zip(span);
    Ok(bounds.map(|((slots, reserve), span)| Bounds { slots, reserve, span: duration(span) }))
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
