//! Numbers with separators between thousands.

use std::fmt::{self, Display, Formatter};

use dingtalk_template::Sink;

use super::Style;
use crate::__private_0_1_0::format;

/// A type whose values can be written with separators: its text is a decimal number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written with thousands separators",
    label = "does not implement `std::fmt::Display`",
    note = "remove `format = \"thousands\"`, or change the field's type to a number"
)]
pub trait Grouped {
    /// Writes the number; used by generated code.
    #[doc(hidden)]
    fn write(&self, style: Style<'_>, sink: &mut Sink<'_>);
}

#[diagnostic::do_not_recommend]
impl<T: Display> Grouped for T {
    fn write(&self, style: Style<'_>, sink: &mut Sink<'_>) {
        let digits = format::one(self, style.spec, format::Display::write).to_string();
        if sink.is_url() {
            sink.text(&digits);
        } else {
            sink.text(&ThousandsText(digits));
        }
    }
}

/// A number with separators, returned by [`thousands`].
#[derive(Debug, Clone)]
pub struct ThousandsText(String);

/// Shows a number with a comma between thousands, as `format = "thousands"` does for a field. Takes integers, floats,
/// and every type whose `Display` is a decimal number; any other text is shown unchanged.
///
/// ```
/// use dingtalk_core::message::thousands;
///
/// assert_eq!(thousands(1_234_567).to_string(), "1,234,567");
/// assert_eq!(thousands(format_args!("{:.2}", -1234.5)).to_string(), "-1,234.50");
/// ```
pub fn thousands(number: impl Display) -> ThousandsText {
    ThousandsText(number.to_string())
}

impl Display for ThousandsText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.trim();
        let unsigned = text.trim_start_matches(['+', '-']);
        let (whole, fraction) = unsigned.split_at(unsigned.find('.').unwrap_or(unsigned.len()));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = text.len() - unsigned.len() <= 1
            && !whole.is_empty()
            && is_digits(whole)
            && is_digits(fraction.strip_prefix('.').unwrap_or(fraction));
        if !is_number {
            return f.write_str(text);
        }
        f.write_str(&text[..text.len() - unsigned.len()])?;
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        f.write_str(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_digits_before_the_point_are_grouped() {
        for (number, shown) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("123456", "123,456"),
            ("1234567", "1,234,567"),
            ("-1234.5678", "-1,234.5678"),
            ("+1000", "+1,000"),
            ("NaN", "NaN"),
            ("inf", "inf"),
            ("1e300", "1e300"),
            ("--1000", "--1000"),
            ("1000.5.2", "1000.5.2"),
            ("1000 CNY", "1000 CNY"),
            ("", ""),
        ] {
            assert_eq!(thousands(number).to_string(), shown);
        }
        assert_eq!(thousands(1e21).to_string(), "1,000,000,000,000,000,000,000");
    }
}
