//! The derives of `dingtalk-core`: use them from there, it re-exports them.
//!
//! | derive | makes |
//! |---|---|
//! | [`Notification`](macro@Notification) | a struct or an enum a message, and a struct a tool that an agent can call: the reference of all attributes |
//! | [`FeedItem`](macro@FeedItem) | a struct an item of a feed card |
//! | [`Choice`](macro@Choice) | an enum a value that is one of a few |
//! | [`Fragment`](macro@Fragment) | a struct a piece of other notifications |

// The phases are files: `attr` reads attributes, `model` gives them meaning, `check` holds the rules, `expand` writes
// code. The documentation of the derives is in `doc`.

mod attr;
mod check;
mod derive;
mod errors;
mod expand;
mod literal;
mod model;
mod panics;

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
