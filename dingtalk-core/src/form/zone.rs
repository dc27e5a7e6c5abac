//! The time zones in which points in time are shown.

use std::{error, fmt, sync::RwLock};

use dingtalk_template::declaration::offset_seconds;
use jiff::{
    Timestamp,
    fmt::strtime,
    tz::{Offset, TimeZone},
};

/// The form of a point in time without a pattern.
const PATTERN: &str = "%Y-%m-%d %H:%M:%S %:z";
/// The same if the machine has no zone.
const PATTERN_IN_UTC: &str = "%Y-%m-%d %H:%M:%S UTC";

/// The form in a URL, which has its offset too.
pub(super) const RFC_3339: &str = "%Y-%m-%dT%H:%M:%S%:z";

/// The zone that the program has set.
static PROGRAM: RwLock<Option<TimeZone>> = RwLock::new(None);

/// Sets the time zone in which this program's messages show points in time, instead of the machine's: a name of the
/// IANA database, such as `Asia/Shanghai`, an offset, such as `+08:00`, or `UTC`. A field with `zone = "…"` has its
/// own. Needs the feature `jiff`.
///
/// # Errors
///
/// The zone does not exist, or the machine has no database of zones: add the feature `tzdb-bundle-always` of `jiff`.
///
/// ```
/// # fn main() -> Result<(), dingtalk_core::message::UnknownTimeZone> {
/// dingtalk_core::message::set_time_zone("Asia/Shanghai")?;
/// # Ok(())
/// # }
/// ```
pub fn set_time_zone(name: &str) -> Result<(), UnknownTimeZone> {
    let zone = find(name).ok_or_else(|| UnknownTimeZone(name.to_owned()))?;
    // The lock is held for an assignment and for a clone, neither of which panics.
    *PROGRAM.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(zone);
    Ok(())
}

/// Reports whether this is a time zone that [`set_time_zone`] takes.
pub fn is_time_zone(name: &str) -> bool {
    find(name).is_some()
}

/// The error of [`set_time_zone`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTimeZone(String);

impl fmt::Display for UnknownTimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown time zone {:?}; expected a name such as `Asia/Shanghai`, or an offset such as `+08:00`",
            self.0
        )
    }
}

impl error::Error for UnknownTimeZone {}

pub(crate) fn find(name: &str) -> Option<TimeZone> {
    if let Some(seconds) = offset_seconds(name) {
        return Some(Offset::from_seconds(seconds).ok()?.to_time_zone());
    }
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown())
}

/// The zone of one value.
pub(super) enum Zone {
    Known(TimeZone),
    /// The machine has none.
    Unset,
}

/// Returns the zone of the program or of the machine, for a value that has a zone of its own.
#[cfg(feature = "tool")]
pub(crate) fn zone_of_program() -> TimeZone {
    match Zone::of(None) {
        Zone::Known(zone) => zone,
        Zone::Unset => TimeZone::UTC,
    }
}

impl Zone {
    /// Returns the zone of a field, of the program, or of the machine.
    pub(super) fn of(field: Option<&str>) -> Self {
        let of_program = || PROGRAM.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let of_machine = || TimeZone::try_system().ok().filter(|zone| !zone.is_unknown());
        field.and_then(find).or_else(of_program).or_else(of_machine).map_or(Self::Unset, Self::Known)
    }

    /// Returns the text of a time; `None` if it has no date.
    pub(super) fn text(self, unix_seconds: i64, pattern: Option<&str>) -> Option<String> {
        let timestamp = Timestamp::from_second(unix_seconds).ok()?;
        let (zone, default, note) = match self {
            Self::Known(zone) => (zone, PATTERN, ""),
            Self::Unset => {
                let has_offset = pattern.is_some_and(|pattern| pattern.contains("%:z"));
                (TimeZone::UTC, PATTERN_IN_UTC, if has_offset { "" } else { " UTC" })
            }
        };
        let time = timestamp.to_zoned_datetime(zone);
        // An invalid pattern was refused when it was declared.
        if let Some(text) = pattern.and_then(|pattern| strtime::format(pattern, &time).ok()) {
            return Some(text + note);
        }
        strtime::format(default, &time).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: i64, zone: &str, pattern: Option<&str>) -> Option<String> {
        Zone::Known(find(zone).unwrap()).text(seconds, pattern)
    }

    #[test]
    fn a_time_is_shown_with_its_offset() {
        for (seconds, zone, shown) in [
            (1_795_953_900, "Asia/Shanghai", "2026-11-29 20:05:00 +08:00"),
            (1_795_953_900, "+08:00", "2026-11-29 20:05:00 +08:00"),
            (1_795_953_900, "-03:30", "2026-11-29 08:35:00 -03:30"),
            (1_795_953_900, "UTC", "2026-11-29 12:05:00 +00:00"),
            // Before and after the clocks are set back.
            (1_792_886_399, "Europe/Berlin", "2026-10-25 01:59:59 +02:00"),
            (1_792_890_000, "Europe/Berlin", "2026-10-25 02:00:00 +01:00"),
            (-1, "Asia/Shanghai", "1970-01-01 07:59:59 +08:00"),
        ] {
            assert_eq!(text(seconds, zone, None).as_deref(), Some(shown));
        }
        assert_eq!(text(i64::MAX, "UTC", None), None);
    }

    #[test]
    fn a_pattern_takes_the_place_of_the_form() {
        assert_eq!(text(0, "Asia/Shanghai", Some("%m-%d %H:%M")).as_deref(), Some("01-01 08:00"));
    }

    /// Without a zone, a time in UTC says so, whatever the pattern.
    #[test]
    fn utc_is_never_silent() {
        assert_eq!(Zone::Unset.text(0, None).as_deref(), Some("1970-01-01 00:00:00 UTC"));
        assert_eq!(Zone::Unset.text(0, Some("%H:%M")).as_deref(), Some("00:00 UTC"));
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        for zone in ["Asia/Shanghai", "asia/shanghai", "UTC", "+08:00", "-23:59", "Etc/GMT-8"] {
            assert!(is_time_zone(zone), "{zone}");
        }
        for zone in ["", "Asia/Beijing", "UTC+8", "+8", "+24:00", "08:00", "Etc/Unknown", "Local", "../UTC"] {
            assert!(!is_time_zone(zone), "{zone}");
        }
        let error = set_time_zone("Asia/Beijing").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown time zone \"Asia/Beijing\"; expected a name such as `Asia/Shanghai`, or an offset such as `+08:00`"
        );
    }
}
