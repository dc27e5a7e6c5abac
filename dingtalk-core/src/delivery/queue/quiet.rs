//! Hours of the day in which only urgent notifications are sent.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, civil::Time, tz::TimeZone};

use crate::{Error, form::find_zone};

/// Form of the begin and the end.
const PATTERN: &str = "%H:%M";

/// Hours of each day in which a queue sends only urgent notifications. The others wait until the end, and are then
/// merged if the queue makes digests. Needs the feature `jiff`.
///
/// ```
/// use dingtalk_core::{Stub, queue::{DigestPolicy, Queue, QuietHours}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let night = QuietHours::new("22:00", "07:30", "Asia/Shanghai")?;
/// let queue = Queue::builder().only_lane(Stub::new()).digest(DigestPolicy::default()).quiet_hours(night).build()?;
/// # drop(queue);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct QuietHours {
    begin: Time,
    end: Time,
    zone: TimeZone,
}

impl QuietHours {
    /// Creates the hours from `begin` to `end`, in the form `22:00`, possibly over midnight. The zone is a name of the
    /// IANA database, such as `Asia/Shanghai`, or an offset, such as `+08:00`.
    ///
    /// # Errors
    ///
    /// Fails if a time or the zone is invalid, or if both times are the same.
    pub fn new(begin: &str, end: &str, zone: &str) -> Result<Self, Error> {
        let time = |text: &str| {
            Time::strptime(PATTERN, text).map_err(|_| {
                Error::configuration(format!(
                    "quiet hours: invalid time {text:?}; expected a time such as `22:00`"
                ))
            })
        };
        let (begin, end) = (time(begin)?, time(end)?);
        if begin == end {
            return Err(Error::configuration("quiet hours: the end must differ from the begin"));
        }
        let Some(zone) = find_zone(zone) else {
            return Err(Error::configuration(format!(
                "quiet hours: unknown time zone {zone:?}; expected a name such as `Asia/Shanghai`, or an offset such as \
                 `+08:00`"
            )));
        };
        Ok(Self { begin, end, zone })
    }

    /// Returns the time until the end, if a time is in these hours.
    pub(super) fn left(&self, now: SystemTime) -> Option<Duration> {
        let now = Timestamp::try_from(now).ok()?;
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let at = |date: jiff::civil::Date, time: Time| {
            let zoned = date.to_datetime(time).to_zoned_datetime(self.zone.clone()).ok()?;
            Some(zoned.timestamp())
        };
        // Those over midnight may have begun yesterday.
        [today.yesterday().ok(), Some(today)].into_iter().flatten().find_map(|date| {
            let last = if self.end < self.begin { date.tomorrow().ok()? } else { date };
            let (begin, end) = (at(date, self.begin)?, at(last, self.end)?);
            (begin <= now && now < end).then(|| now.duration_until(end).unsigned_abs())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds left at a time in UTC.
    fn left(hours: &QuietHours, now: &str) -> Option<u64> {
        let now: Timestamp = now.parse().unwrap();
        hours.left(now.try_into().unwrap()).map(|left| left.as_secs())
    }

    #[test]
    fn hours_are_those_of_the_zone_and_may_pass_midnight() {
        let night = QuietHours::new("22:00", "07:30", "Asia/Shanghai").unwrap();
        for (now, expected) in [
            ("2026-11-29T13:59:59Z", None),
            ("2026-11-29T14:00:00Z", Some(34_200)),
            ("2026-11-29T16:00:00Z", Some(27_000)),
            ("2026-11-29T23:29:59Z", Some(1)),
            ("2026-11-29T23:30:00Z", None),
        ] {
            assert_eq!(left(&night, now), expected, "{now}");
        }
        let noon = QuietHours::new("12:00", "13:00", "+08:00").unwrap();
        assert_eq!(left(&noon, "2026-11-29T04:30:00Z"), Some(1800));
        assert_eq!(left(&noon, "2026-11-29T05:00:00Z"), None);
    }

    #[test]
    fn a_night_in_which_clocks_are_set_back_is_longer() {
        let night = QuietHours::new("22:00", "07:00", "Europe/Berlin").unwrap();
        assert_eq!(left(&night, "2026-10-24T20:00:00Z"), Some(10 * 3600));
        assert_eq!(left(&night, "2026-10-25T21:00:00Z"), Some(9 * 3600));
    }

    #[test]
    fn invalid_hours_are_explained() {
        for (begin, end, zone, words) in [
            ("25:00", "07:00", "UTC", "invalid time \"25:00\"; expected a time such as `22:00`"),
            ("22:00", "7", "UTC", "invalid time \"7\""),
            ("22:00", "22:00", "UTC", "the end must differ"),
            ("22:00", "07:00", "Mars/Base", "unknown time zone \"Mars/Base\""),
        ] {
            let error = QuietHours::new(begin, end, zone).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
