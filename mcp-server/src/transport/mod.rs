//! Transports for clients: HTTP and stdio.

pub(crate) mod http;
pub(crate) mod stdio;
mod stop;

pub(crate) use self::stop::{HangUps, told_to_stop};
