//! Compiler errors for invalid uses of `#[derive(Notification)]`, word for word, and uses that must compile.
//!
//! The wording around our messages is rustc's and changes with every release, so the cases are compared only
//! on the toolchain that `rust-toolchain.toml` pins. `TRYBUILD=overwrite` writes the expected output anew:
//! read it before you keep it.

use std::{env, process::Command};

/// Compiled as modules instead of by trybuild, so that they run on every toolchain and clippy checks them
/// too.
#[path = "../ui/pass/mod.rs"]
mod pass;

const PINNED: &str = include_str!("../../rust-toolchain.toml");

/// Version of the pinned toolchain, if another one is in use.
fn other_toolchain() -> Option<&'static str> {
    let channel = PINNED.lines().find_map(|line| line.strip_prefix("channel = "));
    let pinned = channel.expect("a toolchain is pinned").trim_matches('"');
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc is installed").stdout;
    let version = String::from_utf8_lossy(&version);
    (version.split(' ').nth(1) != Some(pinned)).then_some(pinned)
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that was left out must say so")]
fn mistakes_are_explained() {
    if let Some(pinned) = other_toolchain() {
        eprintln!("skipped: the compiler's words are compared on Rust {pinned} only");
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
