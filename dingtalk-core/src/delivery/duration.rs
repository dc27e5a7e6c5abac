//! Durations in words for people.

use std::time::Duration;

/// Longest time in the future that every clock can represent.
pub(super) const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Formats a duration for people: `0.3 s`, `31 s`, `9 min 58 s`, `2 h 5 min`, `9 days`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_it() {
        for (milliseconds, words) in [
            (0, "0.0 s"),
            (310, "0.3 s"),
            (9999, "10.0 s"),
            (10_000, "10 s"),
            (119_999, "119 s"),
            (598_000, "9 min 58 s"),
            (7_512_000, "2 h 5 min"),
            (9 * 86_400_000, "9 days"),
        ] {
            assert_eq!(in_words(Duration::from_millis(milliseconds)), words);
        }
    }
}
