//! The sandbox over TCP, as its users see it.

mod client;
mod faults;
mod page;
mod robot;
