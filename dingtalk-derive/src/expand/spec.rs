//! The format spec of a slot. `dingtalk_template::parse` has let only these through.

/// `[+][#][0width][.precision][kind]`
pub(crate) struct Spec {
    /// The trait of `std::fmt`.
    pub(crate) kind: &'static str,
    pub(crate) plus: bool,
    pub(crate) alternate: bool,
    /// Zeros fill up to this many characters.
    pub(crate) width: usize,
    pub(crate) precision: Option<usize>,
}

impl Spec {
    pub(crate) fn parse(spec: &str) -> Self {
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
        Self { kind: trait_name(kind), plus, alternate, width: width.parse().unwrap_or(0), precision }
    }
}

fn flag(spec: &str, sign: char) -> (bool, &str) {
    match spec.strip_prefix(sign) {
        Some(rest) => (true, rest),
        None => (false, spec),
    }
}

fn trait_name(kind: &str) -> &'static str {
    match kind {
        "x" => "LowerHex",
        "X" => "UpperHex",
        "o" => "Octal",
        "b" => "Binary",
        "e" => "LowerExp",
        "E" => "UpperExp",
        _ => "Display",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let spec = Spec::parse("+#08.3E");
        assert_eq!(
            (spec.kind, spec.plus, spec.alternate, spec.width, spec.precision),
            ("UpperExp", true, true, 8, Some(3))
        );
        let spec = Spec::parse("04X");
        assert_eq!(
            (spec.kind, spec.plus, spec.alternate, spec.width, spec.precision),
            ("UpperHex", false, false, 4, None)
        );
        let spec = Spec::parse(".0");
        assert_eq!((spec.kind, spec.width, spec.precision), ("Display", 0, Some(0)));
    }
}
