//! Tests that see all crates. The examples of the README are tests too:
#![doc = include_str!("../../README.md")]
