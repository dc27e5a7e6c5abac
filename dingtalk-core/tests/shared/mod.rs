//! Random messages, and a judge that compares them with their parts.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod judge;
pub(crate) mod samples;
