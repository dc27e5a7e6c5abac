//! Random messages, and the judge that reads what became of them.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod judge;
pub(crate) mod samples;
