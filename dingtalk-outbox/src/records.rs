//! Values of rows, whatever database holds them.

use std::time::Duration;

use dingtalk_core::delivery::{Pace, Urgency, window::SlotEnd};

use crate::units::{duration, micros};

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

/// A slot that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) id: i64,
    pub(crate) month: i64,
    pub(crate) begun: i64,
    pub(crate) ends_by: i64,
    pub(crate) ended: Option<i64>,
}

/// Changes of a robot's counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) used: i64,
    pub(crate) delivered: i64,
    pub(crate) refused: i64,
}

impl Count {
    pub(crate) const USED: Self = Self { used: 1, delivered: 0, refused: 0 };
    pub(crate) const UNUSED: Self = Self { used: -1, delivered: 0, refused: 0 };

    /// Returns the change after a request with this outcome; an unknown one is the difference to all that were made.
    pub(crate) fn of(end: SlotEnd) -> Option<Self> {
        match end {
            SlotEnd::Delivered => Some(Self { used: 0, delivered: 1, refused: 0 }),
            SlotEnd::Refused => Some(Self { used: 0, delivered: 0, refused: 1 }),
            _ => None,
        }
    }
}

/// Counters of a robot in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) used: i64,
    pub(crate) delivered: i64,
    pub(crate) refused: i64,
}

/// A waiter with a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) waiter: i64,
    pub(crate) urgency: Urgency,
    /// End of the time for which its owner counts as alive.
    pub(crate) alive_until: i64,
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
