//! Months by which DingTalk counts calls.
//!
//! Public for `dingtalk-outbox`; not part of the public interface.

use std::time::{Duration, SystemTime};

/// Offset of China's only time zone, without daylight saving time since 1991.
const CHINA_OFFSET_SECONDS: u64 = 8 * 3600;

const DAY_SECONDS: u64 = 24 * 3600;

/// A month in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Number of months since January 1970.
    pub number: u64,
    /// Time until midnight in China at the beginning of the next month.
    pub left: Duration,
    /// Length of the month.
    pub length: Duration,
}

/// Returns the month of a moment.
pub fn month_at(now: SystemTime) -> Month {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
        + Duration::from_secs(CHINA_OFFSET_SECONDS);
    let mut first = 0;
    let mut month = 0;
    // Month by month from January 1970: fewer than a thousand steps, once a month.
    while Duration::from_secs(first * DAY_SECONDS) <= since {
        first += days_in(month);
        month += 1;
    }
    let seconds = |days| Duration::from_secs(days * DAY_SECONDS);
    Month {
        number: month - 1,
        left: seconds(first).saturating_sub(since),
        length: seconds(days_in(month - 1)),
    }
}

/// Returns the number of days in a month, counted from January 1970.
fn days_in(month: u64) -> u64 {
    let year = 1970 + month / 12;
    match month % 12 {
        1 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_at_midnight_in_china() {
        for (now, number, left, days) in [
            // 2026-11-21T10:00:00Z: 18:00 in China, nine days and six hours before December.
            (1_795_255_200, 682, 9 * DAY_SECONDS + 6 * 3600, 30),
            // 2026-11-30T15:59:59Z and one second later.
            (1_796_054_399, 682, 1, 30),
            (1_796_054_400, 683, 31 * DAY_SECONDS, 31),
            // 2028-02-28T16:00:00Z: in China, the 29th has begun.
            (1_835_366_400, 697, DAY_SECONDS, 29),
            // 2100 has no 29th of February: 2100-02-27T16:00:00Z.
            (4_107_427_200, 1561, DAY_SECONDS, 28),
        ] {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
            let (left, length) = (Duration::from_secs(left), Duration::from_secs(days * DAY_SECONDS));
            assert_eq!(month_at(now), Month { number, left, length }, "{now:?}");
        }
        let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(month_at(before_1970).left, Duration::from_secs(31 * DAY_SECONDS - 8 * 3600));
    }
}
