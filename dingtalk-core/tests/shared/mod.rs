//! Random messages, and a judge that compares them with their parts.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod judge;
pub(crate) mod samples;

use std::env;

use proptest::test_runner::{Config, RngSeed};

/// Settings of the property tests. The same cases are tried in each run, so that a rare input of an unrelated mistake
/// does not fail a change; `PROPTEST_CASES` searches further, with other cases in each run.
pub(crate) fn properties() -> Config {
    let wanted = env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let rng_seed = if wanted.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    Config {
        cases: wanted.unwrap_or(100),
        rng_seed,
        failure_persistence: None,
        max_local_rejects: u32::MAX,
        ..Config::default()
    }
}
