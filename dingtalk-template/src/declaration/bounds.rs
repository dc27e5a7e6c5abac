//! Ranges, in the notation that attributes and files share: `1..=64`, `1..` or `..=64`.

use super::{Bounds, End, Rule};
use crate::Number;

/// The problem of a text that is not a range.
pub const NO_RANGE: &str = "expected a range such as `1..=64`, `1..` or `..=64`";
/// The problem of a half-open range, `a..b`.
pub const OPEN_RANGE: &str = "write `..=`: both ends are included";
/// The problem of a range without ends.
pub const ENDLESS_RANGE: &str = "a range needs at least one end: `1..=64`, `1..` or `..=64`";
/// The problem of an end that is not a number.
pub const NO_NUMBER: &str = "expected a number such as `64`";

impl Rule {
    /// Returns the problem of a count that is negative or not a whole number.
    pub fn counts(self) -> String {
        format!("`{}` counts: expected a whole number such as `64`", self.key())
    }
}

impl Bounds {
    /// Parses a range.
    ///
    /// ```
    /// use dingtalk_template::{
    ///     Number,
    ///     declaration::{Bounds, Rule},
    /// };
    ///
    /// let range = Bounds::parse(Rule::Range, "-0.5..=100")?;
    /// assert_eq!(range.min.and_then(|min| min.number), Some(Number::Float(-0.5)));
    /// assert_eq!(Bounds::parse(Rule::Length, "1..64").unwrap_err(), "write `..=`: both ends are included");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the problem, in the words that the derive uses for its attributes.
    pub fn parse(rule: Rule, text: &str) -> Result<Self, String> {
        let Some((min, rest)) = text.split_once("..") else {
            return Err(meant(text).map_or_else(|| NO_RANGE.to_owned(), |range| format!("write `{range}`")));
        };
        let max = match rest.strip_prefix('=') {
            Some(max) => Some(end(rule, max)?),
            None if !rest.trim().is_empty() => return Err(OPEN_RANGE.to_owned()),
            None => None,
        };
        let min = if min.trim().is_empty() { None } else { Some(end(rule, min)?) };
        if min.is_none() && max.is_none() {
            return Err(ENDLESS_RANGE.to_owned());
        }
        Ok(Self { min, max })
    }
}

/// Returns the range that a text in another notation means: `0-100`, `>= 1`, `64`.
fn meant(text: &str) -> Option<String> {
    let number = |text: &str| Number::parse(text.trim()).map(|_| text.trim().to_owned());
    let text = text.trim().trim_matches(['[', ']', '(', ')']);
    if let Some(max) = ["<=", "≤"].iter().find_map(|sign| text.strip_prefix(sign)) {
        return number(max).map(|max| format!("..={max}"));
    }
    if let Some(min) = [">=", "≥"].iter().find_map(|sign| text.strip_prefix(sign)) {
        return number(min).map(|min| format!("{min}.."));
    }
    if let Some(max) = number(text) {
        return Some(format!("..={max}"));
    }
    ["~", "～", "–", "—", "到", "至", " to ", ",", "，", ":", "-"].iter().find_map(|sign| {
        // The first sign may be that of a negative number.
        let from = text.char_indices().nth(1)?.0;
        let at = from + text.get(from..)?.find(sign)?;
        let (min, max) = (text.get(..at)?, text.get(at + sign.len()..)?);
        Some(format!("{}..={}", number(min)?, number(max)?))
    })
}

fn end(rule: Rule, text: &str) -> Result<End, String> {
    let written = text.trim();
    let number = Number::parse(written).ok_or(NO_NUMBER)?;
    if rule != Rule::Range && number.as_count().is_none() {
        return Err(rule.counts());
    }
    Ok(End { written: written.to_owned(), number: Some(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_ranges_are_explained() {
        for (text, problem) in [
            ("", NO_RANGE),
            ("many", NO_RANGE),
            ("a-b", NO_RANGE),
            ("64", "write `..=64`"),
            ("<= 64", "write `..=64`"),
            (">=1", "write `1..`"),
            ("0-100", "write `0..=100`"),
            ("-5 - -1", "write `-5..=-1`"),
            ("0.5～1", "write `0.5..=1`"),
            ("[0, 100]", "write `0..=100`"),
            ("1 to 64", "write `1..=64`"),
            ("1..64", OPEN_RANGE),
            ("..", ENDLESS_RANGE),
            ("..=", NO_NUMBER),
            ("a..=b", NO_NUMBER),
            ("..=inf", NO_NUMBER),
            ("..=1e999", NO_NUMBER),
        ] {
            assert_eq!(Bounds::parse(Rule::Range, text), Err(problem.to_owned()), "{text:?}");
        }
        for text in ["..=1.5", "-1..", "..=-0x1"] {
            assert_eq!(Bounds::parse(Rule::Length, text), Err(Rule::Length.counts()), "{text:?}");
        }
        let bounds = Bounds::parse(Rule::Bytes, " 1 ..= 1_000 ").unwrap();
        assert_eq!(
            bounds.max,
            Some(End { written: "1_000".to_owned(), number: Some(Number::Integer(1000)) })
        );
    }
}
