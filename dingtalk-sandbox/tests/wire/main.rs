//! The sandbox over TCP, as its users see it.

mod api;
mod client;
mod expect;
mod faults;
mod page;
mod robot;
