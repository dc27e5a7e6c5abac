//! What the targets share: inputs, and the derive as an ordinary library.

// A crate of procedural macros exports nothing else, so its modules are compiled a second time, here, at the root, because
// they name each other by `crate::…`.
#[path = "../../dingtalk-derive/src/attr/mod.rs"]
mod attr;
#[path = "../../dingtalk-derive/src/check.rs"]
mod check;
#[path = "../../dingtalk-derive/src/errors.rs"]
mod errors;
#[path = "../../dingtalk-derive/src/expand/mod.rs"]
mod expand;
#[path = "../../dingtalk-derive/src/model.rs"]
mod model;

mod text;

pub use self::text::{Template, Text};

/// Expands a type with both derives, if the source is one: nothing panics, and the output is Rust.
pub fn expand_both(source: &str) {
    let Ok(input) = syn::parse_str::<syn::DeriveInput>(source) else { return };
    // Without `full`, syn passes on types and constants that it cannot read.
    if syn_full::parse_str::<syn_full::File>(source).is_err() {
        return;
    }
    for derive in [expand::Derive::Notification, expand::Derive::FeedItem] {
        let output = expand::expand(&input, derive);
        if let Err(error) = syn_full::parse2::<syn_full::File>(output.clone()) {
            panic!("the output is no Rust: {error}\n{output}");
        }
    }
}
