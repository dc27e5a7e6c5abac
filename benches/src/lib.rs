//! Code that several benchmarks share.

pub mod http;
pub mod robot;
