//! Handling of panics in a derive, which rustc would report without any advice.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use proc_macro2::TokenStream;
use quote::quote;

/// Runs an expansion, and turns a panic into a compile error that asks the reader to report it.
pub(crate) fn caught(derive: &str, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        let problem = format!(
            "`#[derive({derive})]` panicked, which is a mistake in dingtalk-derive and not in this type; please report \
             it with the type and these words: {}",
            message(panic.as_ref())
        );
        quote!(::core::compile_error!(#problem);)
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_compile_error() {
        let tokens = caught("Notification", || panic!("index {} of {}", 3, 2)).to_string();
        assert!(tokens.starts_with(":: core :: compile_error !"), "{tokens}");
        assert!(tokens.contains("please report") && tokens.contains("index 3 of 2"), "{tokens}");
        assert_eq!(caught("Notification", || quote!(fine)).to_string(), "fine");
    }
}
