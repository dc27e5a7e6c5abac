//! Effect of the features of `dingtalk-core` on a program's dependencies.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::process::Command;

/// The crates that `dingtalk-core` needs with these features alone.
fn dependencies(features: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "--package=dingtalk-core",
        "--no-default-features",
        "--edges=normal",
        "--prefix=none",
    ]);
    let output = cargo
        .args(["--offline", "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_derive_needs_no_serde_and_no_network() {
    let needed = dependencies("derive");
    assert!(needed.contains("dingtalk-derive"), "{needed}");
    for unneeded in ["serde", "tokio", "reqwest", "schemars"] {
        assert!(!needed.contains(unneeded), "{needed}");
    }
    assert!(dependencies("robot").contains("serde"));
    assert!(dependencies("tool").contains("serde"));
}
