//! Tests that see all crates. The examples of the README are tests too.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
