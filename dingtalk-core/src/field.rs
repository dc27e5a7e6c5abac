//! Traits of the types that fields can have: errors of the compiler name them.
//!
//! The derives implement and use them. Four are there to be implemented by hand: [`Show`](crate::message::Show) for a value
//! with a form of its own in a message, [`Measured`] for a value with constraints, [`Moment`] for a point in time, and
//! [`TimeSpan`] for a length of time.

pub use crate::{
    __private_0_1_0::{At, CardAt, Computed, FeedEntry, LinkTarget, format},
    card_button::ButtonEntry,
    constraint::{Measure, Measured},
    form::{ByteCount, Grouped, Moment, TimeSpan},
};
pub use dingtalk_template::Number;
