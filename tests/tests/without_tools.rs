//! Compiler error for `tool` if `dingtalk-core` lacks the feature `tool`.
//!
//! Every other test has the feature, so this one compiles a crate of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const SOURCE: &str = r#"
/// Warn the on-call group that a host does not answer.
#[derive(dingtalk_core::Notification)]
#[dingtalk(text("{host} is down"), tool(when = "a host does not answer"))]
pub struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64), default = "web-3")]
    pub host: String,
}

#[derive(dingtalk_core::FeedItem)]
#[dingtalk(item(title = "{title}", url = "https://example.com", picture = "https://example.com/a.png"), tool)]
pub struct Story {
    /// Headline, for example `We moved`.
    #[dingtalk(length(..=40))]
    pub title: String,
}

pub fn message(down: &HostDown) -> bool {
    dingtalk_core::Notification::message(down).is_ok()
}
"#;

/// A crate in the directory for test files, with the workspace's versions of its dependencies.
fn write_crate() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("without_tools");
    let core = workspace.join("dingtalk-core");
    // As a TOML string, because paths on Windows contain backslashes.
    let core = core.to_str().unwrap().escape_default();
    let manifest = format!(
        "[package]\nname = \"without-tools\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         dingtalk-core = {{ path = \"{core}\", default-features = false, features = [\"derive\"] }}\n"
    );
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::write(root.join("src/lib.rs"), SOURCE).unwrap();
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    root
}

#[test]
fn a_missing_feature_is_one_error_that_names_it() {
    let root = write_crate();
    let check = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--color", "never"])
        .arg("--target-dir")
        .arg(root.join("target"))
        .current_dir(&root)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&check.stderr);
    let errors: Vec<&str> = words.lines().filter(|line| line.starts_with("error")).collect();
    let [first, second, last] = errors[..] else { panic!("{words}") };
    for error in [first, second] {
        assert_eq!(
            error,
            "error: `tool` needs the feature `tool` of `dingtalk-core`: add it to the dependency's `features` in \
             `Cargo.toml`"
        );
    }
    assert!(last.contains("could not compile"), "{words}");
    assert!(words.contains(", tool(when"), "the attribute is shown: {words}");
    // The caret marks only the word `tool`.
    assert_eq!(
        words.lines().filter(|line| line.trim_start_matches(['|', ' ']) == "^^^^").count(),
        2,
        "{words}"
    );
}
