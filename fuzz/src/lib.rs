//! Code that the targets share: inputs, and the derive as an ordinary library.

// A crate of procedural macros cannot export other items, so its modules are compiled a second time, here, at
// the root, because they refer to each other by `crate::…`.
#[path = "../../dingtalk-derive/src/attr/mod.rs"]
mod attr;
#[path = "../../dingtalk-derive/src/check/mod.rs"]
mod check;
#[path = "../../dingtalk-derive/src/derive.rs"]
mod derive;
#[path = "../../dingtalk-derive/src/errors.rs"]
mod errors;
#[path = "../../dingtalk-derive/src/expand/mod.rs"]
mod expand;
#[path = "../../dingtalk-derive/src/literal.rs"]
mod literal;
#[path = "../../dingtalk-derive/src/model.rs"]
mod model;
#[path = "../../dingtalk-derive/src/types.rs"]
mod types;

mod text;

use self::derive::Derive;
pub use self::text::{Template, Text};

/// Expands a type with every derive if the source is one: nothing panics, and the output is Rust.
pub fn expand_all(source: &str) {
    let Ok(input) = syn::parse_str::<syn::DeriveInput>(source) else { return };
    // Without `full`, syn passes on types and constants that it cannot parse.
    if syn_full::parse_str::<syn_full::File>(source).is_err() {
        return;
    }
    let derived = [Derive::Notification, Derive::FeedItem, Derive::Fragment]
        .map(|derive| expand::expand(&input, derive))
        .into_iter()
        .chain([expand::expand_choice(&input)]);
    // The user's own code is passed on unchanged; rustc reports its errors.
    if ["with", "default"].iter().any(|key| source.contains(key)) {
        derived.for_each(drop);
        return;
    }
    for output in derived {
        if let Err(error) = syn_full::parse2::<syn_full::File>(output.clone()) {
            panic!("the output is no Rust: {error}\n{output}");
        }
    }
}
