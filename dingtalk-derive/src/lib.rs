//! The derives of `dingtalk-core`, which re-exports them: use them from there.
//!
//! | derive | purpose |
//! |---|---|
//! | [`Notification`](macro@Notification) | turns a struct or enum into a message, and a struct into a tool that agents can call; the reference of all attributes |
//! | [`FeedItem`](macro@FeedItem) | turns a struct into an item of a feed card |
//! | [`Choice`](macro@Choice) | turns an enum into a value with a fixed set of alternatives |
//! | [`Fragment`](macro@Fragment) | turns a struct into a text that other notifications can show |

// Each phase is a folder or file: `attr` parses attributes, `model` interprets them, `check` has the rules, `expand`
// generates code. The documentation of the derives is in `doc`.

mod attr;
mod check;
mod derive;
mod errors;
mod expand;
mod literal;
mod model;
mod panics;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use self::derive::Derive;

#[doc = include_str!("../doc/notification.md")]
#[proc_macro_derive(Notification, attributes(dingtalk))]
pub fn derive_notification(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Notification", || expand::expand(&input, Derive::Notification)).into()
}

#[doc = include_str!("../doc/feed_item.md")]
#[proc_macro_derive(FeedItem, attributes(dingtalk))]
pub fn derive_feed_item(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("FeedItem", || expand::expand(&input, Derive::FeedItem)).into()
}

#[doc = include_str!("../doc/fragment.md")]
#[proc_macro_derive(Fragment, attributes(dingtalk))]
pub fn derive_fragment(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Fragment", || expand::expand(&input, Derive::Fragment)).into()
}

#[doc = include_str!("../doc/choice.md")]
#[proc_macro_derive(Choice, attributes(dingtalk))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Choice", || expand::expand_choice(&input)).into()
}
