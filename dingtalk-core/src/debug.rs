//! `Debug` of errors: a program prints it if `main` returns `Err`.

/// Implements `Debug` with the text of `Display`; `{:#?}` shows the fields.
macro_rules! debug_as_display {
    ($error:ident { $($field:tt),+ }) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                if !f.alternate() {
                    return std::fmt::Display::fmt(self, f);
                }
                f.debug_struct(stringify!($error))$(.field(stringify!($field), &self.$field))+.finish()
            }
        }
    };
}

pub(crate) use debug_as_display;
