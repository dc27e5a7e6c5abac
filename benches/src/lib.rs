//! What more than one measurement needs.

pub mod http;
pub mod robot;
