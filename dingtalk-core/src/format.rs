//! Values with a format spec. The spec is data, so that generated code needs no closure for each value.

use std::fmt::{self, Formatter};

use dingtalk_template::{Each, Show};

/// A format spec: `[+][#][0width][.precision]`.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub plus: bool,
    pub alternate: bool,
    pub width: usize,
    pub precision: Option<usize>,
}

/// A function such as [`LowerHex::write`].
type Write<T> = fn(&T, Spec, &mut Formatter<'_>) -> fmt::Result;

/// A value with its spec and the function that writes it.
#[derive(Debug)]
pub struct Formatted<'a, T>(&'a T, Spec, Write<T>);

pub fn one<T>(value: &T, spec: Spec, write: Write<T>) -> Formatted<'_, T> {
    Formatted(value, spec, write)
}

impl<T> fmt::Display for Formatted<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.2)(self.0, self.1, f)
    }
}

/// Values with their spec and the function that writes each.
#[derive(Debug)]
pub struct FormattedEach<'a, T>(&'a [T], Spec, Write<T>);

pub fn each<T>(values: &[T], spec: Spec, write: Write<T>) -> FormattedEach<'_, T> {
    FormattedEach(values, spec, write)
}

impl<T> Each for FormattedEach<'_, T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for value in self.0 {
            visit(&Formatted(value, self.1, self.2));
        }
    }
}

/// Functions that write a value with a [`Spec`], one per trait of `std::fmt`. Without a width, zero padding adds
/// nothing.
macro_rules! formats {
    ($($kind:ident $message:literal $label:literal $plain:literal $plus:literal $alternate:literal $both:literal
        $precise:literal $plus_precise:literal $alternate_precise:literal $both_precise:literal;)*) => {$(
        #[diagnostic::on_unimplemented(
            message = $message,
            label = $label,
            note = "remove the format from the template, or change the type"
        )]
        pub trait $kind {
            fn write(&self, spec: Spec, f: &mut Formatter<'_>) -> fmt::Result;
        }

        #[diagnostic::do_not_recommend]
        impl<T: fmt::$kind> $kind for T {
            fn write(&self, spec: Spec, f: &mut Formatter<'_>) -> fmt::Result {
                let Spec { plus, alternate, width, precision } = spec;
                match (precision, plus, alternate) {
                    (None, false, false) => write!(f, $plain, self, width = width),
                    (None, true, false) => write!(f, $plus, self, width = width),
                    (None, false, true) => write!(f, $alternate, self, width = width),
                    (None, true, true) => write!(f, $both, self, width = width),
                    (Some(p), false, false) => write!(f, $precise, self, width = width, p = p),
                    (Some(p), true, false) => write!(f, $plus_precise, self, width = width, p = p),
                    (Some(p), false, true) => write!(f, $alternate_precise, self, width = width, p = p),
                    (Some(p), true, true) => write!(f, $both_precise, self, width = width, p = p),
                }
            }
        }
    )*};
}

formats! {
    Display "`{Self}` has no format `:.1`" "does not implement `std::fmt::Display`"
        "{:0width$}" "{:+0width$}" "{:#0width$}" "{:+#0width$}"
        "{:0width$.p$}" "{:+0width$.p$}" "{:#0width$.p$}" "{:+#0width$.p$}";
    LowerHex "`{Self}` has no format `:x`" "does not implement `std::fmt::LowerHex`"
        "{:0width$x}" "{:+0width$x}" "{:#0width$x}" "{:+#0width$x}"
        "{:0width$.p$x}" "{:+0width$.p$x}" "{:#0width$.p$x}" "{:+#0width$.p$x}";
    UpperHex "`{Self}` has no format `:X`" "does not implement `std::fmt::UpperHex`"
        "{:0width$X}" "{:+0width$X}" "{:#0width$X}" "{:+#0width$X}"
        "{:0width$.p$X}" "{:+0width$.p$X}" "{:#0width$.p$X}" "{:+#0width$.p$X}";
    Octal "`{Self}` has no format `:o`" "does not implement `std::fmt::Octal`"
        "{:0width$o}" "{:+0width$o}" "{:#0width$o}" "{:+#0width$o}"
        "{:0width$.p$o}" "{:+0width$.p$o}" "{:#0width$.p$o}" "{:+#0width$.p$o}";
    Binary "`{Self}` has no format `:b`" "does not implement `std::fmt::Binary`"
        "{:0width$b}" "{:+0width$b}" "{:#0width$b}" "{:+#0width$b}"
        "{:0width$.p$b}" "{:+0width$.p$b}" "{:#0width$.p$b}" "{:+#0width$.p$b}";
    LowerExp "`{Self}` has no format `:e`" "does not implement `std::fmt::LowerExp`"
        "{:0width$e}" "{:+0width$e}" "{:#0width$e}" "{:+#0width$e}"
        "{:0width$.p$e}" "{:+0width$.p$e}" "{:#0width$.p$e}" "{:+#0width$.p$e}";
    UpperExp "`{Self}` has no format `:E`" "does not implement `std::fmt::UpperExp`"
        "{:0width$E}" "{:+0width$E}" "{:#0width$E}" "{:+#0width$E}"
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
                one(&2.345, spec, Display::write),
                one(&1234.5, spec, LowerExp::write),
                one(&255, spec, UpperHex::write)
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
