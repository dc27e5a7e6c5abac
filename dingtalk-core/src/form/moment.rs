//! Points in time.

use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "jiff")]
use {
    super::{
        Style,
        zone::{RFC_3339, Zone},
    },
    dingtalk_template::Sink,
    std::fmt::{self, Display, Formatter},
};

/// A point in time, which a message shows in a time zone: `2026-11-29 20:05:00 +08:00`.
///
/// The standard library's `SystemTime` is one; so are, with the features of their names, jiff's `Timestamp` and
/// `ZonedDateTime`, and chrono's `DateTime`. A field of these types needs no key. A field of any other type that
/// implements this trait has `format = "time"`.
///
/// All points in time are shown in the zone of their field (`zone = "Asia/Shanghai"`), or else in the zone that the
/// program has [set](crate::message::set_time_zone), or else in the machine's. A zone within the value does not matter.
/// If the machine has no zone, the time is shown in UTC, with these letters behind it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a point in time",
    label = "does not implement `dingtalk_core::field::Moment`",
    note = "`SystemTime` is one, and so are `jiff::Timestamp` and `chrono::DateTime` with the features `jiff` and `chrono` \
            of `dingtalk-core`; a date without a zone is not",
    note = "remove `zone` or `format`, or change the field's type"
)]
pub trait Moment {
    /// Returns the number of seconds since the beginning of 1970 in UTC, rounded down.
    fn unix_seconds(&self) -> i64;

    /// Writes the time in its zone; used by generated code.
    #[doc(hidden)]
    #[cfg(feature = "jiff")]
    fn write(&self, style: Style<'_>, sink: &mut Sink<'_>) {
        let pattern = style.pattern.or_else(|| sink.is_url().then_some(RFC_3339));
        sink.text(&TimeText { seconds: self.unix_seconds(), zone: style.zone, pattern });
    }
}

impl Moment for SystemTime {
    fn unix_seconds(&self) -> i64 {
        match self.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                let before = before.duration();
                let seconds = before.as_secs() + u64::from(before.subsec_nanos() > 0);
                0_i64.checked_sub_unsigned(seconds).unwrap_or(i64::MIN)
            }
        }
    }
}

#[cfg(feature = "jiff")]
impl Moment for jiff::Timestamp {
    fn unix_seconds(&self) -> i64 {
        // Before 1970, jiff rounds towards it.
        self.as_second() - i64::from(self.subsec_nanosecond() < 0)
    }
}

#[cfg(feature = "jiff")]
impl Moment for jiff::ZonedDateTime {
    fn unix_seconds(&self) -> i64 {
        self.timestamp().unix_seconds()
    }
}

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> Moment for chrono::DateTime<Zone> {
    fn unix_seconds(&self) -> i64 {
        self.timestamp()
    }
}

impl<T: Moment + ?Sized> Moment for &T {
    fn unix_seconds(&self) -> i64 {
        (**self).unix_seconds()
    }
}

/// A point in time in a zone, returned by [`time`].
#[cfg(feature = "jiff")]
#[derive(Debug, Clone, Copy)]
pub struct TimeText<'a> {
    pub(crate) seconds: i64,
    pub(crate) zone: Option<&'a str>,
    pub(crate) pattern: Option<&'a str>,
}

/// Shows a point in time in the program's time zone, as a field of its type does. Needs the feature `jiff`.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use dingtalk_core::message::time;
///
/// let ended = UNIX_EPOCH + Duration::from_secs(1_795_953_900);
/// assert_eq!(time(ended).in_zone("Asia/Shanghai").to_string(), "2026-11-29 20:05:00 +08:00");
/// ```
#[cfg(feature = "jiff")]
pub fn time<'a>(moment: impl Moment) -> TimeText<'a> {
    TimeText { seconds: moment.unix_seconds(), zone: None, pattern: None }
}

#[cfg(feature = "jiff")]
impl<'a> TimeText<'a> {
    /// Shows the time in this zone, for example `Asia/Shanghai` or `+08:00`. A zone that does not exist is ignored: the
    /// offset always tells in which one the time is shown.
    #[must_use]
    pub fn in_zone(self, zone: &'a str) -> Self {
        Self { zone: Some(zone), ..self }
    }

    /// Shows the time by a pattern of `strftime`, for example `%m-%d %H:%M`.
    #[must_use]
    pub fn with_pattern(self, pattern: &'a str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }
}

#[cfg(feature = "jiff")]
impl Display for TimeText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match Zone::of(self.zone).text(self.seconds, self.pattern) {
            Some(text) => f.write_str(&text),
            // Some ten thousand years away from now.
            None => write!(f, "{} s since 1970 UTC", self.seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn seconds_are_rounded_down() {
        for (nanoseconds, seconds) in
            [(0, 0), (1, 0), (1_999_999_999, 1), (-1, -1), (-1_000_000_000, -1), (-1_000_000_001, -2)]
        {
            let after = Duration::from_nanos(nanoseconds.max(0_i64).unsigned_abs());
            let before = Duration::from_nanos(nanoseconds.min(0).unsigned_abs());
            assert_eq!((UNIX_EPOCH + after - before).unix_seconds(), seconds, "{nanoseconds}");
            #[cfg(feature = "chrono")]
            {
                let timestamp = jiff::Timestamp::from_nanosecond(nanoseconds.into()).unwrap();
                assert_eq!(timestamp.unix_seconds(), seconds, "{nanoseconds}");
                let chrono = chrono::DateTime::from_timestamp_nanos(nanoseconds);
                assert_eq!(chrono.unix_seconds(), seconds, "{nanoseconds}");
            }
        }
    }
}
