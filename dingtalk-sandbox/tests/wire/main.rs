//! The sandbox as its users meet it: over TCP.

mod client;
mod faults;
mod page;
mod robot;
