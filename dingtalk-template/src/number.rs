//! Numbers of declarations and values. Integers stay integers and are never rounded.

use std::{cmp::Ordering, fmt};

/// A number that is compared exactly, independent of its type.
///
/// ```
/// use dingtalk_template::Number;
///
/// assert!(Number::Integer(9_007_199_254_740_993) > Number::Integer(9_007_199_254_740_992));
/// assert!(Number::Float(0.5) < Number::Integer(1));
/// assert_eq!(Number::parse("-0x1F"), Some(Number::Integer(-31)));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// A whole number.
    Integer(i128),
    /// A number with a point or an exponent, or outside the range of `i128`.
    Float(f64),
}

/// 2^127, the smallest integer that `i128` cannot hold.
const ABOVE_INTEGERS: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

impl Number {
    /// Creates the number of a constant of any numeric type, which is passed as both: the integer if it is exact.
    #[doc(hidden)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "the loss tells one from the other")]
    pub const fn of_constant(float: f64, integer: i128) -> Self {
        if integer as f64 == float { Self::Integer(integer) } else { Self::Float(float) }
    }

    /// Parses a number in the notation of Rust and TOML, without a suffix: `-1_000`, `0xFF`, `1.5e3`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.replace('_', "");
        let (sign, magnitude) = match digits.strip_prefix('-') {
            Some(magnitude) => (-1, magnitude),
            None => (1, &*digits),
        };
        // The standard library also accepts `inf` and `+1`.
        if !magnitude.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(magnitude) = magnitude.strip_prefix(prefix) {
                return i128::from_str_radix(magnitude, radix)
                    .ok()
                    .map(|number| Self::Integer(sign * number));
            }
        }
        if let Ok(integer) = digits.parse() {
            return Some(Self::Integer(integer));
        }
        digits.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float)
    }

    /// Returns the number as a count, if it is a whole number that is not negative.
    pub fn as_count(self) -> Option<usize> {
        match self {
            Self::Integer(integer) => usize::try_from(integer).ok(),
            Self::Float(_) => None,
        }
    }

    /// Reports whether the number is whole.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "without its fraction, what is below 2^127 fits")]
fn compare(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= ABOVE_INTEGERS {
        return Some(Ordering::Less);
    }
    if float < -ABOVE_INTEGERS {
        return Some(Ordering::Greater);
    }
    let whole = integer.cmp(&(float.trunc() as i128));
    Some(whole.then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Integer(integer), Self::Float(float)) => compare(integer, float),
            (Self::Float(float), Self::Integer(integer)) => compare(integer, float).map(Ordering::reverse),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

/// Formats the number in Rust's notation, including `NaN` and `inf`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl From<$type> for Number {
            fn from(number: $type) -> Self {
                Self::Integer(number.into())
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64, i128);

macro_rules! large {
    ($($type:ty),*) => {$(
        impl From<$type> for Number {
            #[expect(clippy::cast_precision_loss, reason = "above 2^127 no integer can tell neighbours apart")]
            fn from(number: $type) -> Self {
                i128::try_from(number).map_or(Self::Float(number as f64), Self::Integer)
            }
        }
    )*};
}

large!(usize, isize, u128);

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

/// Converts by decimal digits, so that the `f32` 0.3 is exactly 0.3.
impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Float(number.to_string().parse().unwrap_or_else(|_| number.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_rust_writes_them() {
        for (text, number) in [
            ("5_000_000_000", Number::Integer(5_000_000_000)),
            ("0xFF", Number::Integer(255)),
            ("-0b1_01", Number::Integer(-5)),
            ("0o17", Number::Integer(15)),
            ("18446744073709551615", Number::Integer(18_446_744_073_709_551_615)),
            ("-1.5e3", Number::Float(-1500.0)),
            ("1e40", Number::Float(1e40)),
            ("170141183460469231731687303715884105728", Number::Float(ABOVE_INTEGERS)),
        ] {
            assert_eq!(Number::parse(text), Some(number), "{text}");
        }
        for text in ["", "-", "inf", "NaN", "1e999", "0xG", "+1", "--1", "1u8", " 1"] {
            assert_eq!(Number::parse(text).map(|number| number.to_string()), None, "{text:?}");
        }
    }

    #[test]
    fn integers_and_floats_are_compared_exactly() {
        let large = Number::Integer(9_007_199_254_740_993);
        assert!(Number::Float(9_007_199_254_740_992.0) < large);
        assert!(Number::Integer(-1) > Number::Float(-1.5) && Number::Integer(-2) < Number::Float(-1.5));
        assert!(Number::Integer(0) > Number::Float(-0.5) && Number::Integer(0) < Number::Float(0.5));
        assert_eq!(Number::Integer(0), Number::Float(-0.0));
        assert!(Number::Float(f64::INFINITY) > Number::Integer(i128::MAX));
        assert!(Number::Float(-ABOVE_INTEGERS) == Number::Integer(i128::MIN));
        assert_eq!(Number::Integer(1).partial_cmp(&Number::Float(f64::NAN)), None);
        assert_eq!(Number::from(u128::MAX).to_string(), "340282366920938500000000000000000000000");
        assert_eq!(Number::from(0.3_f32), Number::Float(0.3));
        assert_eq!(Number::of_constant(2.5, 2), Number::Float(2.5));
        assert_eq!(
            Number::of_constant(18_446_744_073_709_551_615.0, i128::from(u64::MAX)),
            Number::from(u64::MAX)
        );
    }
}
