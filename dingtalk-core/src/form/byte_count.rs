//! Numbers of bytes.

use std::{
    fmt::{self, Display, Formatter},
    num,
};

use dingtalk_template::Sink;

use super::{Style, digits::three_digits};

/// Units of 1024 bytes each, as IEC 80000-13 names them.
const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A type whose values can be numbers of bytes: integers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number of bytes",
    label = "not an integer",
    note = "remove `format = \"bytes\"`, or change the field's type to an integer, such as `u64`"
)]
pub trait ByteCount: Copy {
    /// Returns `true` and the distance from 0, if the number is negative.
    #[doc(hidden)]
    fn sign_and_magnitude(self) -> (bool, u128);

    /// Writes the number with its unit; used by generated code.
    #[doc(hidden)]
    fn write(&self, _: Style<'_>, sink: &mut Sink<'_>) {
        let text = bytes(*self);
        if sink.is_url() {
            let sign = if text.is_negative { "-" } else { "" };
            sink.text(&format_args!("{sign}{}", text.magnitude));
        } else {
            sink.text(&text);
        }
    }
}

macro_rules! byte_counts {
    ($($unsigned:ty)*; $($signed:ty)*; $($nonzero:ident)*) => {
        $(impl ByteCount for $unsigned {
            #[allow(clippy::cast_lossless, reason = "not every width has `From`")]
            fn sign_and_magnitude(self) -> (bool, u128) {
                (false, self as u128)
            }
        })*
        $(impl ByteCount for $signed {
            #[allow(clippy::cast_lossless, reason = "not every width has `From`")]
            fn sign_and_magnitude(self) -> (bool, u128) {
                (self < 0, self.unsigned_abs() as u128)
            }
        })*
        $(impl ByteCount for num::$nonzero {
            fn sign_and_magnitude(self) -> (bool, u128) {
                self.get().sign_and_magnitude()
            }
        })*
    };
}

byte_counts! {
    u8 u16 u32 u64 u128 usize; i8 i16 i32 i64 i128 isize;
    NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize
    NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize
}

/// A number of bytes with its unit, returned by [`bytes()`].
#[derive(Debug, Clone, Copy)]
pub struct BytesText {
    is_negative: bool,
    magnitude: u128,
}

/// Shows a number of bytes with its unit, as `format = "bytes"` does for a field. A unit is 1024 of the one before
/// (KiB, MiB, GiB …); the number has three digits, which are cut and not rounded, so that a size is never overstated.
///
/// ```
/// use dingtalk_core::message::bytes;
///
/// assert_eq!(bytes(512).to_string(), "512 B");
/// assert_eq!(bytes(1_610_612_736_u64).to_string(), "1.5 GiB");
/// ```
pub fn bytes(count: impl ByteCount) -> BytesText {
    let (is_negative, magnitude) = count.sign_and_magnitude();
    BytesText { is_negative, magnitude }
}

impl Display for BytesText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let mut unit = 1;
        let mut names = UNITS.iter().peekable();
        while let Some(name) = names.next() {
            if self.magnitude / unit < 1024 || names.peek().is_none() {
                three_digits(self.magnitude, unit, f)?;
                return write!(f, " {name}");
            }
            unit *= 1024;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_largest_unit_that_it_fills() {
        for (count, shown) in [
            (0, "0 B"),
            (1, "1 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (10_239, "9.99 KiB"),
            (10_240, "10 KiB"),
            (1_048_575, "1023 KiB"),
            (1_048_576, "1 MiB"),
            (13_003_000, "12.4 MiB"),
            (5_368_709_120, "5 GiB"),
            (-1536, "-1.5 KiB"),
            (i128::from(u64::MAX), "15.9 EiB"),
            (i128::MAX, "147573952589676412927 EiB"),
        ] {
            assert_eq!(bytes(count).to_string(), shown, "{count}");
        }
        assert_eq!(bytes(i8::MIN).to_string(), "-128 B");
        assert_eq!(bytes(num::NonZeroU32::MAX).to_string(), "3.99 GiB");
    }
}
