//! Lengths of time.

use std::{
    fmt::{self, Display, Formatter},
    time::Duration,
};

use dingtalk_template::{Number, Sink};

use super::{Style, digits::three_digits};

/// A length of time, which a message shows with its units: `350 ms`, `1 h 5 min`.
///
/// The standard library's `Duration` is one; so are, with the features of their names, `jiff::SignedDuration` and
/// `chrono::TimeDelta`. A field of these types needs no key. A field of any other type that implements this trait has
/// `format = "duration"`.
///
/// ```
/// use dingtalk_core::{Message, Notification, field::TimeSpan};
///
/// struct Ticks(u32);
///
/// impl TimeSpan for Ticks {
///     fn nanoseconds(&self) -> i128 {
///         i128::from(self.0) * 1_000_000
///     }
/// }
///
/// #[derive(Notification)]
/// #[dingtalk(text("The pause took {pause}"))]
/// struct Paused {
///     #[dingtalk(format = "duration")]
///     pause: Ticks,
/// }
///
/// assert_eq!(Paused { pause: Ticks(90_500) }.message()?, Message::text("The pause took 90.5 s"));
/// # Ok::<(), dingtalk_core::message::Invalid>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a length of time",
    label = "does not implement `dingtalk_core::field::TimeSpan`",
    note = "remove `format = \"duration\"`, or change the field's type to `std::time::Duration`"
)]
pub trait TimeSpan {
    /// Returns the length in nanoseconds.
    fn nanoseconds(&self) -> i128;

    /// Writes the length with its units; used by generated code.
    #[doc(hidden)]
    fn write(&self, _: Style<'_>, sink: &mut Sink<'_>) {
        if sink.is_url() {
            sink.text(&seconds(self));
        } else {
            sink.text(&DurationText(self.nanoseconds()));
        }
    }
}

impl TimeSpan for Duration {
    fn nanoseconds(&self) -> i128 {
        // The longest duration has 2^64 seconds.
        i128::try_from(self.as_nanos()).unwrap_or(i128::MAX)
    }
}

#[cfg(feature = "jiff")]
impl TimeSpan for jiff::SignedDuration {
    fn nanoseconds(&self) -> i128 {
        self.as_nanos()
    }
}

#[cfg(feature = "chrono")]
impl TimeSpan for chrono::TimeDelta {
    fn nanoseconds(&self) -> i128 {
        i128::from(self.num_seconds()) * SECOND.cast_signed() + i128::from(self.subsec_nanos())
    }
}

impl<T: TimeSpan + ?Sized> TimeSpan for &T {
    fn nanoseconds(&self) -> i128 {
        (**self).nanoseconds()
    }
}

/// A length of time with its units, returned by [`duration`].
#[derive(Debug, Clone, Copy)]
pub struct DurationText(i128);

/// Shows a length of time with its units, as a field of type `Duration` does: `350 ms`, `1.5 s`, `9 min 58 s`,
/// `1 h 5 min`, `9 d 3 h`. Below two minutes it has three digits, above two units; what is less is cut, not rounded.
///
/// ```
/// use std::time::Duration;
///
/// use dingtalk_core::message::duration;
///
/// assert_eq!(duration(Duration::from_millis(1500)).to_string(), "1.5 s");
/// assert_eq!(duration(Duration::from_secs(3900)).to_string(), "1 h 5 min");
/// ```
pub fn duration(length: impl TimeSpan) -> DurationText {
    DurationText(length.nanoseconds())
}

/// Returns a length in seconds, which is an integer if it is whole.
#[expect(
    clippy::cast_precision_loss,
    reason = "a length that is not whole is compared with the ends of a range"
)]
pub(crate) fn seconds(length: &(impl TimeSpan + ?Sized)) -> Number {
    let (nanoseconds, second) = (length.nanoseconds(), SECOND.cast_signed());
    match nanoseconds % second {
        0 => Number::Integer(nanoseconds / second),
        _ => Number::Float(nanoseconds as f64 / 1e9),
    }
}

const SECOND: u128 = 1_000_000_000;

/// Number of seconds from which a length has two units: `90 s` is read faster than `1 min 30 s`.
const LONG_FROM: u128 = 120;

/// Units from there on, with their lengths in seconds.
const LONG: [(&str, u128); 4] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];

/// Units up to a second, with their lengths in nanoseconds.
const SHORT: [(&str, u128); 4] = [("s", SECOND), ("ms", 1_000_000), ("µs", 1000), ("ns", 1)];

impl Display for DurationText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanoseconds = self.0.unsigned_abs();
        let seconds = nanoseconds / SECOND;
        if nanoseconds == 0 {
            return f.write_str("0 s");
        }
        if seconds < LONG_FROM {
            let unit = SHORT.iter().find(|(_, length)| nanoseconds >= *length);
            let (name, length) = unit.unwrap_or(&SHORT[3]);
            three_digits(nanoseconds, *length, f)?;
            return write!(f, " {name}");
        }
        for pair in LONG.windows(2) {
            let [(name, length), (smaller, smaller_length)] = pair else { continue };
            if seconds >= *length {
                write!(f, "{} {name}", seconds / length)?;
                return match seconds % length / smaller_length {
                    0 => Ok(()),
                    rest => write!(f, " {rest} {smaller}"),
                };
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_units_that_matter() {
        for (nanoseconds, shown) in [
            (0, "0 s"),
            (1, "1 ns"),
            (1500, "1.5 µs"),
            (350_000_000, "350 ms"),
            (999_999_999, "999 ms"),
            (1_000_000_000, "1 s"),
            (1_234_567_890, "1.23 s"),
            (31_200_000_000, "31.2 s"),
            (59_999_999_999, "59.9 s"),
            (60_000_000_000, "60 s"),
            (119_999_999_999, "119 s"),
            (120_000_000_000, "2 min"),
            (598_000_000_000, "9 min 58 s"),
            (3_600_000_000_000, "1 h"),
            (3_659_000_000_000, "1 h"),
            (3_900_000_000_000, "1 h 5 min"),
            (86_399_000_000_000, "23 h 59 min"),
            (86_400_000_000_000, "1 d"),
            (788_400_000_000_000, "9 d 3 h"),
            (-150_000_000_000, "-2 min 30 s"),
        ] {
            assert_eq!(DurationText(nanoseconds).to_string(), shown, "{nanoseconds}");
        }
        assert_eq!(duration(Duration::MAX).to_string(), "213503982334601 d 7 h");
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn the_types_of_the_libraries_are_lengths() {
        assert_eq!(duration(jiff::SignedDuration::from_millis(-1500)).to_string(), "-1.5 s");
        assert_eq!(duration(chrono::TimeDelta::milliseconds(-1500)).to_string(), "-1.5 s");
        assert_eq!(duration(chrono::TimeDelta::MAX).to_string(), "106751991167 d 7 h");
    }
}
