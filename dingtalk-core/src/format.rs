//! Values with a format spec: the spec is data, so that generated code needs no closure for each.

use std::fmt;

use dingtalk_template::{Each, Show};

/// `[+][#][0width][.precision]`
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub plus: bool,
    pub alternate: bool,
    pub width: usize,
    pub precision: Option<usize>,
}

/// Writes with one trait of `std::fmt`. Without a width, zero padding adds nothing.
macro_rules! formatted {
    ($($kind:ident $plain:literal $plus:literal $alternate:literal $both:literal
        $precise:literal $plus_precise:literal $alternate_precise:literal $both_precise:literal;)*) => {$(
        /// A value, or several, with a format spec.
        #[derive(Debug)]
        pub struct $kind<'a, T: ?Sized>(pub &'a T, pub Spec);

        impl<T: fmt::$kind> fmt::Display for $kind<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(value, Spec { plus, alternate, width, precision }) = *self;
                match (precision, plus, alternate) {
                    (None, false, false) => write!(f, $plain, value, width = width),
                    (None, true, false) => write!(f, $plus, value, width = width),
                    (None, false, true) => write!(f, $alternate, value, width = width),
                    (None, true, true) => write!(f, $both, value, width = width),
                    (Some(p), false, false) => write!(f, $precise, value, width = width, p = p),
                    (Some(p), true, false) => write!(f, $plus_precise, value, width = width, p = p),
                    (Some(p), false, true) => write!(f, $alternate_precise, value, width = width, p = p),
                    (Some(p), true, true) => write!(f, $both_precise, value, width = width, p = p),
                }
            }
        }

        impl<T: fmt::$kind> Each for $kind<'_, [T]> {
            fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
                for value in self.0 {
                    visit(&$kind(value, self.1));
                }
            }
        }
    )*};
}

formatted! {
    Display "{:0width$}" "{:+0width$}" "{:#0width$}" "{:+#0width$}"
        "{:0width$.p$}" "{:+0width$.p$}" "{:#0width$.p$}" "{:+#0width$.p$}";
    LowerHex "{:0width$x}" "{:+0width$x}" "{:#0width$x}" "{:+#0width$x}"
        "{:0width$.p$x}" "{:+0width$.p$x}" "{:#0width$.p$x}" "{:+#0width$.p$x}";
    UpperHex "{:0width$X}" "{:+0width$X}" "{:#0width$X}" "{:+#0width$X}"
        "{:0width$.p$X}" "{:+0width$.p$X}" "{:#0width$.p$X}" "{:+#0width$.p$X}";
    Octal "{:0width$o}" "{:+0width$o}" "{:#0width$o}" "{:+#0width$o}"
        "{:0width$.p$o}" "{:+0width$.p$o}" "{:#0width$.p$o}" "{:+#0width$.p$o}";
    Binary "{:0width$b}" "{:+0width$b}" "{:#0width$b}" "{:+#0width$b}"
        "{:0width$.p$b}" "{:+0width$.p$b}" "{:#0width$.p$b}" "{:+#0width$.p$b}";
    LowerExp "{:0width$e}" "{:+0width$e}" "{:#0width$e}" "{:+#0width$e}"
        "{:0width$.p$e}" "{:+0width$.p$e}" "{:#0width$.p$e}" "{:+#0width$.p$e}";
    UpperExp "{:0width$E}" "{:+0width$E}" "{:#0width$E}" "{:+#0width$E}"
        "{:0width$.p$E}" "{:+0width$.p$E}" "{:#0width$.p$E}" "{:+#0width$.p$E}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_writes_what_format_writes() {
        let mut written = Vec::new();
        for (plus, alternate, width, precision) in [
            (false, false, 0, None),
            (true, false, 0, Some(2)),
            (false, false, 8, Some(1)),
            (false, true, 0, None),
            (true, true, 9, None),
        ] {
            let spec = Spec { plus, alternate, width, precision };
            written.push(format!(
                "{} {} {}",
                Display(&2.345, spec),
                LowerExp(&1234.5, spec),
                UpperHex(&255, spec)
            ));
        }
        let expected = [
            format!("{} {:e} {:X}", 2.345, 1234.5, 255),
            format!("{:+.2} {:+.2e} {:+X}", 2.345, 1234.5, 255),
            format!("{:08.1} {:08.1e} {:08X}", 2.345, 1234.5, 255),
            format!("{:#} {:#e} {:#X}", 2.345, 1234.5, 255),
            format!("{:+#09} {:+#09e} {:+#09X}", 2.345, 1234.5, 255),
        ];
        assert_eq!(written, expected);
    }
}
