//! Compiler errors for `tool` and for points in time if `dingtalk-core` lacks the features `tool` and `jiff`.
//!
//! Every other test has the features, so these compile crates of their own.

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

/// A `Duration` needs no feature.
const TIMES: &str = r#"
#[derive(dingtalk_core::Notification)]
#[dingtalk(text("{took} {since} {at} {day}"))]
pub struct Backup {
    pub took: std::time::Duration,
    pub since: std::time::SystemTime,
    #[dingtalk(zone = "UTC")]
    pub at: Stamp,
    #[dingtalk(format = "%d.%m.")]
    pub day: Stamp,
}

pub struct Stamp;
"#;

/// Options for deliveries, in a program that sends by other means than a robot.
const OPTIONS: &str = r#"
#[derive(dingtalk_core::Notification)]
#[dingtalk(text("{host} is down"), urgent, group = "{host}", digest = "{host}: {owner}")]
#[dingtalk(dedupe = "same for 10m", throttle = "1 per 1h by host, owner")]
pub struct HostDown {
    pub host: String,
    #[dingtalk(else = "nobody")]
    pub owner: Option<String>,
}

#[derive(dingtalk_core::Notification)]
#[dingtalk(group = "{host}")]
pub enum Host {
    #[dingtalk(text("{host} is up"))]
    Up { host: String },
}

pub fn messages(down: &HostDown, host: &Host) -> bool {
    [dingtalk_core::Notification::message(down), dingtalk_core::Notification::message(host)].iter().all(Result::is_ok)
}
"#;

/// A crate in the directory for test files, with the workspace's versions of its dependencies.
fn write_crate(name: &str, source: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let core = workspace.join("dingtalk-core");
    // As a TOML string, because paths on Windows contain backslashes.
    let core = core.to_str().unwrap().escape_default();
    let manifest = format!(
        "[package]\nname = \"without-features\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         dingtalk-core = {{ path = \"{core}\", default-features = false, features = [\"derive\"] }}\n"
    );
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::write(root.join("src/lib.rs"), source).unwrap();
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    root
}

#[test]
fn a_missing_feature_is_one_error_that_names_it() {
    let (errors, words) = errors_of(&write_crate("without_tools", SOURCE));
    let [first, second, last] = &errors[..] else { panic!("{words}") };
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

#[test]
fn a_time_without_its_feature_is_an_error_that_names_it() {
    let (errors, words) = errors_of(&write_crate("without_times", TIMES));
    let needs =
        "needs the feature `jiff` of `dingtalk-core`: add it to the dependency's `features` in `Cargo.toml`";
    let expected = [
        format!("error: a point in time is shown in a time zone, which {needs}"),
        format!("error: `zone` {needs}"),
        format!("error: `format` {needs}"),
    ];
    assert_eq!(errors[..errors.len() - 1], expected, "{words}");
}

#[test]
fn options_for_deliveries_compile_without_robots() {
    let (errors, words) = errors_of(&write_crate("without_robots", OPTIONS));
    assert!(errors.is_empty(), "{words}");
}

/// Returns the lines that are errors, and everything that the compiler says.
fn errors_of(root: &Path) -> (Vec<String>, String) {
    let check = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--color", "never"])
        .arg("--target-dir")
        .arg(root.join("target"))
        .current_dir(root)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&check.stderr);
    let errors = words.lines().filter(|line| line.starts_with("error")).map(str::to_owned).collect();
    (errors, words.into_owned())
}
