//! The format spec of a slot.

/// A format spec that the grammar allows: `[+][#][0width][.precision][kind]`.
///
/// ```
/// use dingtalk_template::declaration::{FormatKind, FormatSpec};
///
/// let spec = FormatSpec::parse("+#08.3E");
/// assert_eq!((spec.kind, spec.width, spec.precision), (FormatKind::UpperExp, 8, Some(3)));
/// assert!(spec.plus && spec.alternate);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatSpec {
    /// The trait of `std::fmt` that formats the value.
    pub kind: FormatKind,
    /// Writes a sign before positive numbers too.
    pub plus: bool,
    /// Writes a prefix such as `0x` before the digits.
    pub alternate: bool,
    /// Minimum number of characters; zeros fill up to it.
    pub width: usize,
    /// Number of digits after the point.
    pub precision: Option<usize>,
}

/// A trait of `std::fmt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatKind {
    /// `Display`, without a letter.
    Plain,
    /// `x`
    LowerHex,
    /// `X`
    UpperHex,
    /// `o`
    Octal,
    /// `b`
    Binary,
    /// `e`
    LowerExp,
    /// `E`
    UpperExp,
}

impl FormatSpec {
    /// Parses a spec that [`parse`](crate::parse) has accepted.
    pub fn parse(spec: &str) -> Self {
        let (plus, rest) = flag(spec, '+');
        let (alternate, rest) = flag(rest, '#');
        let (number, kind) = match rest.find(|c: char| c.is_ascii_alphabetic()) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (width, precision) = match number.split_once('.') {
            Some((width, precision)) => (width, precision.parse().ok()),
            None => (number, None),
        };
        let kind = FormatKind::of(kind);
        Self { kind, plus, alternate, width: width.parse().unwrap_or(0), precision }
    }
}

fn flag(spec: &str, sign: char) -> (bool, &str) {
    match spec.strip_prefix(sign) {
        Some(rest) => (true, rest),
        None => (false, spec),
    }
}

impl FormatKind {
    fn of(letter: &str) -> Self {
        match letter {
            "x" => Self::LowerHex,
            "X" => Self::UpperHex,
            "o" => Self::Octal,
            "b" => Self::Binary,
            "e" => Self::LowerExp,
            "E" => Self::UpperExp,
            _ => Self::Plain,
        }
    }

    /// Returns the name of the trait.
    pub fn trait_name(self) -> &'static str {
        match self {
            Self::Plain => "Display",
            Self::LowerHex => "LowerHex",
            Self::UpperHex => "UpperHex",
            Self::Octal => "Octal",
            Self::Binary => "Binary",
            Self::LowerExp => "LowerExp",
            Self::UpperExp => "UpperExp",
        }
    }

    /// Returns an example of a spec of this kind, for an error.
    pub fn example(self) -> &'static str {
        match self {
            Self::Plain => ":.1",
            Self::LowerHex => ":x",
            Self::UpperHex => ":X",
            Self::Octal => ":o",
            Self::Binary => ":b",
            Self::LowerExp => ":e",
            Self::UpperExp => ":E",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_spec_is_parsed() {
        let spec = FormatSpec::parse("04X");
        assert_eq!(
            (spec.kind, spec.plus, spec.alternate, spec.width, spec.precision),
            (FormatKind::UpperHex, false, false, 4, None)
        );
        let spec = FormatSpec::parse(".0");
        assert_eq!((spec.kind, spec.width, spec.precision), (FormatKind::Plain, 0, Some(0)));
        for kind in ["x", "X", "o", "b", "e", "E"] {
            assert_eq!(FormatSpec::parse(kind).kind.example(), format!(":{kind}"));
        }
    }
}
