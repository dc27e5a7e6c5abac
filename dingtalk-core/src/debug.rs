//! `Debug` of errors: `fn main() -> Result<(), Error>` prints it.

/// Implements `Debug` as the text that `Display` gives; `{:#?}` shows the fields.
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
