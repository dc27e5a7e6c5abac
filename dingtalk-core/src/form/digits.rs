//! Numbers of at most three digits.

use std::fmt::{self, Formatter};

/// Writes `value / unit` with three digits, cut and not rounded, without zeros at the end: `1.5`, `12.3`, `350`.
pub(super) fn three_digits(value: u128, unit: u128, f: &mut Formatter<'_>) -> fmt::Result {
    let whole = value / unit;
    let places = match whole {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let mut rest = value % unit;
    let mut fraction = String::new();
    for _ in 0..places {
        rest *= 10;
        fraction.extend(u32::try_from(rest / unit).ok().and_then(|digit| char::from_digit(digit, 10)));
        rest %= unit;
    }
    match fraction.trim_end_matches('0') {
        "" => write!(f, "{whole}"),
        fraction => write!(f, "{whole}.{fraction}"),
    }
}
