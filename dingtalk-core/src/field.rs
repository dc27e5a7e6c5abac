//! Traits of the types that fields can have: errors of the compiler name them.
//!
//! They are implemented, and used, by the derives alone. [`Show`](crate::message::Show) is the one to implement by hand.

pub use crate::{
    __private_0_1_0::{At, Computed, FeedEntry, LinkTarget, format},
    card_button::ButtonEntry,
    constraint::Measured,
};
