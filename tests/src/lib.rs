//! Tests that see all crates, and what several of them share. The examples of the README are tests too.

pub mod store_model;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
