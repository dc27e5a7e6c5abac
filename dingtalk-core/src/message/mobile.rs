//! Mobile numbers and user ids, the two ways to identify a person.

use std::{fmt, str::FromStr};

/// A mobile number as `atMobiles` takes it: digits, or `+<country>-<number>` outside mainland China (for example
/// `+852-12345678`; users report this form, DingTalk's pages do not describe it).
///
/// Spaces and a leading `+86` or `+86-` are removed. The number is not checked against a numbering plan.
///
/// ```
/// use dingtalk_core::Mobile;
///
/// assert_eq!(Mobile::new("+86 138 0000 0000")?.as_str(), "13800000000");
/// assert!(Mobile::new("Zhang San").is_err());
/// # Ok::<(), dingtalk_core::message::ParseMobileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mobile(String);

/// A user id of a member of the organisation (`userid`, also called `staffId`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

/// A text that is not a valid mobile number or user id.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseMobileError {
    expected: &'static str,
}

/// Lengths of mobile numbers, in digits (ITU-T E.164 allows at most 15).
const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

impl Mobile {
    /// Parses a mobile number.
    pub fn new(number: impl AsRef<str>) -> Result<Self, ParseMobileError> {
        const WRONG: ParseMobileError = ParseMobileError {
            expected: "a mobile number: digits such as 13800000000, or +852-12345678 outside mainland China",
        };
        let compact: String = number.as_ref().chars().filter(|c| !c.is_whitespace()).collect();
        let number = match compact.strip_prefix("+86") {
            Some(mainland) => mainland.trim_start_matches('-').to_owned(),
            None => compact,
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (valid, count) = match number.strip_prefix('+') {
            Some(abroad) => match abroad.split_once('-') {
                Some((country, local)) => (digits(country) && digits(local), country.len() + local.len()),
                None => (false, 0),
            },
            None => (digits(&number), number.len()),
        };
        if valid && DIGITS.contains(&count) { Ok(Self(number)) } else { Err(WRONG) }
    }

    /// Returns the number as DingTalk receives it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl UserId {
    /// Parses a user id: any text without white space, `@` or invisible characters.
    pub fn new(id: impl AsRef<str>) -> Result<Self, ParseMobileError> {
        let id = id.as_ref().trim();
        // Direction controls are not written into a message, so the body would not contain the id.
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control() || turns(c) || c == '@')
        {
            return Err(ParseMobileError { expected: "a user id: one word without @" });
        }
        Ok(Self(id.to_owned()))
    }

    /// Returns the id as DingTalk receives it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Mobile {
    type Err = ParseMobileError;

    fn from_str(text: &str) -> Result<Self, ParseMobileError> {
        Self::new(text)
    }
}

impl FromStr for UserId {
    type Err = ParseMobileError;

    fn from_str(text: &str) -> Result<Self, ParseMobileError> {
        Self::new(text)
    }
}

impl fmt::Display for ParseMobileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for ParseMobileError {}

crate::debug::debug_as_display!(ParseMobileError { expected });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (written, wire) in [
            ("13800000000", "13800000000"),
            (" 138 0000 0000 ", "13800000000"),
            ("+8613800000000", "13800000000"),
            ("+86-13800000000", "13800000000"),
            ("+852-12345678", "+852-12345678"),
        ] {
            assert_eq!(Mobile::new(written).unwrap().as_str(), wire, "{written:?}");
        }
        for wrong in ["", "+86", "Zhang", "138-0000-0000", "+85212345678", "+852-", "12", "1234567890123456"]
        {
            assert!(Mobile::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
