//! Times as the tables hold them: whole microseconds.

use std::time::{Duration, SystemTime};

/// Largest time, far enough from overflow to be added to another one.
const LARGEST: i64 = i64::MAX / 4;

/// Converts a duration to microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(LARGEST).min(LARGEST)
}

/// Converts microseconds to a duration; what is negative is zero.
pub(crate) fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Returns the microseconds since 1970.
pub(crate) fn since_1970(wall: SystemTime) -> i64 {
    micros(wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}
