//! `dingtalk-notify migrate`: five configurations of prometheus-webhook-dingtalk, with the messages of before and now.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod program;

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use expect_test::expect_file;
use program::command;
use serde_json::Value;

const CONFIGURATIONS: [&str; 5] =
    ["1-example", "2-chinese-template", "3-replaced-template", "4-inline", "5-title-only"];

/// Payloads whose messages were recorded.
const PAYLOADS: [&str; 2] = [
    "mcp-server/examples/webhooks/payloads/alertmanager/firing-and-resolved-v4.json",
    "tests/payloads/alertmanager/resolved-0.34.json",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrate").join(name)
}

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("migrate-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn migrate(former: &Path, folder: &Path, more: &[&str]) -> Output {
    let mut command = command();
    command.arg("migrate").arg(former).arg("--out").arg(folder.join("robots.toml")).args(more);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = command().env("TZ", "Asia/Shanghai").args(arguments).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Returns robot and hook of each target, from the first receivers of a report.
fn receivers(report: &str) -> Vec<(String, String)> {
    let local =
        report.lines().filter_map(|line| line.trim().strip_prefix("- url: http://127.0.0.1:8060/hooks/"));
    local
        .filter_map(|path| path.split_once('/').map(|(robot, hook)| (robot.to_owned(), hook.to_owned())))
        .collect()
}

fn side_by_side(name: &str, folder: &Path, report: &str) -> String {
    let before: Value =
        serde_json::from_str(&fs::read_to_string(fixture(&format!("before/{name}.json"))).unwrap()).unwrap();
    let config = folder.join("robots.toml");
    let config = config.to_str().unwrap();
    let targets: Vec<&str> = report
        .lines()
        .filter_map(|line| line.strip_prefix("  - name: "))
        .take(receivers(report).len())
        .collect();
    let mut shown = String::new();
    for (target, (robot, hook)) in targets.iter().zip(receivers(report)) {
        for payload in PAYLOADS {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(payload);
            let file = payload.rsplit('/').next().unwrap();
            let old = &before[target][file];
            let _ = writeln!(
                shown,
                "# {target}, {file}: before\n\n[{}]\n",
                old["markdown"]["title"].as_str().unwrap()
            );
            let _ = writeln!(
                shown,
                "{}\n\nat: {}\n",
                old["markdown"]["text"].as_str().unwrap().trim(),
                old["at"]
            );
            let (code, now, problem) = run(&[
                "relay",
                "try",
                path.to_str().unwrap(),
                "--source",
                &hook,
                "--config",
                config,
                "--json",
            ]);
            assert_eq!(code, 0, "{problem}");
            let now: Value = serde_json::from_str(&now).unwrap();
            assert_eq!(now["outcome"], "message", "{now}");
            let message = &now["message"];
            let _ = writeln!(shown, "# {target}, {file}: now, by the robot {robot}\n");
            let _ = writeln!(shown, "[{}]\n", message["markdown"]["title"].as_str().unwrap());
            let _ = writeln!(
                shown,
                "{}\n\nat: {}\n",
                message["markdown"]["text"].as_str().unwrap(),
                message["at"]
            );
        }
    }
    shown
}

#[test]
fn messages_of_before_and_now_stand_side_by_side() {
    for name in CONFIGURATIONS {
        let folder = folder(name);
        let output = migrate(&fixture(&format!("{name}.yml")), &folder, &[]);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        let report = text(&output.stdout);
        let (code, checked, problem) =
            run(&["relay", "check", "--config", folder.join("robots.toml").to_str().unwrap()]);
        assert_eq!(code, 0, "{name}: {checked}{problem}");
        let messages = side_by_side(name, &folder, &report);
        let report = report.replace(folder.to_str().unwrap(), "DIR");
        let written = fs::read_to_string(folder.join("robots.toml")).unwrap();
        let written = written.replace(folder.to_str().unwrap(), "DIR");
        let shown = format!("{messages}# The report\n\n{report}\n# robots.toml\n\n{written}");
        let without_ends: Vec<&str> = shown.lines().map(str::trim_end).collect();
        expect_file![fixture(&format!("{name}.txt"))].assert_eq(&format!("{}\n", without_ends.join("\n")));
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn secrets_are_in_files_of_their_owner_and_nowhere_else() {
    let folder = folder("secrets");
    let output = migrate(&fixture("1-example.yml"), &folder, &[]);
    let said = text(&output.stdout) + &text(&output.stderr);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("secrets")), 0o700);
    assert_eq!(mode(&folder.join("robots.toml")), 0o600);
    let config = fs::read_to_string(folder.join("robots.toml")).unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(folder.join("secrets")).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
        let secret = fs::read_to_string(&path).unwrap();
        assert!(
            !secret.trim().is_empty() && !said.contains(secret.trim()) && !config.contains(secret.trim())
        );
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "alertmanager.token",
            "ops.access_token",
            "ops.secret",
            "ops_all.access_token",
            "ops_people.access_token"
        ]
    );
    assert_eq!(
        fs::read_to_string(folder.join("secrets/ops.secret")).unwrap().trim(),
        "SEC0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder("again");
    fs::create_dir(folder.join("secrets")).unwrap();
    fs::write(folder.join("secrets/ops.secret"), "mine").unwrap();
    let output = migrate(&fixture("1-example.yml"), &folder, &[]);
    assert!(!output.status.success());
    let problem = text(&output.stderr);
    assert!(problem.contains("nothing was written") && problem.contains("secrets/ops.secret"), "{problem}");
    assert_eq!(fs::read_to_string(folder.join("secrets/ops.secret")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.join("secrets")).unwrap().count(), 1);
    assert!(!folder.join("robots.toml").exists());
    // A look beforehand writes nothing either.
    fs::remove_dir_all(folder.join("secrets")).unwrap();
    let output = migrate(&fixture("1-example.yml"), &folder, &["--dry-run"]);
    assert!(text(&output.stdout).starts_with("version = 1\n"), "{}", text(&output.stdout));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn all_faults_are_told_with_their_lines_and_no_secret() {
    let folder = folder("faults");
    let former = folder.join("config.yml");
    fs::write(
        &former,
        "targtes: {}\ntargets:\n  ops:\n    url: https://oapi.dingtalk.com/robot/send?token=feed0123\n    sectret: SECfeed0123\n  \
         9lives: { url: 'ftp://feed0123' }\n  dev:\n    mention: [feed0123]\n    url: { feed0123: 1 }\n",
    )
    .unwrap();
    let output = migrate(&former, &folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let problem = text(&output.stderr);
    for expected in [
        "config.yml: targets.ops.url (line 4): the address has no `access_token`",
        "config.yml: targets.ops.sectret (line 5): unknown key `sectret`; did you mean `secret`?",
        "config.yml: targets.9lives (line 6): invalid name",
        "config.yml: targets.9lives.url (line 6): invalid address",
        "config.yml: targets.dev.mention (line 8): expected a table, found a list",
        "config.yml: targets.dev.url (line 9): expected a text, found a table",
        "config.yml: targtes (line 1): unknown key `targtes`; did you mean `targets`?",
    ] {
        assert!(problem.contains(expected), "{expected}\n{problem}");
    }
    assert!(!problem.contains("feed0123"), "{problem}");
    for (written, expected) in [
        ("targets:\n  ops: [\n", "config.yml: line "),
        ("targets: {}\n", "config.yml: targets: there are no targets to move"),
        (
            "targets:\n  ops:\n    url: https://oapi.dingtalk.com/robot/send?access_token=feed0123\n    message: { text: '{{ template \"mine\" . }}' }\n",
            "config.yml: targets.ops.message.text (line 4): unknown template \"mine\"",
        ),
        (
            "templates: [nowhere/*.tmpl]\ntargets:\n  ops:\n    url: https://oapi.dingtalk.com/robot/send?access_token=feed0123\n",
            "no file matches `nowhere/*.tmpl`",
        ),
    ] {
        fs::write(&former, written).unwrap();
        let output = migrate(&former, &folder, &[]);
        let problem = text(&output.stderr);
        assert!(output.status.code() == Some(1) && problem.contains(expected), "{expected}\n{problem}");
        assert!(!folder.join("robots.toml").exists() && !folder.join("secrets").exists());
    }
    fs::remove_dir_all(folder).unwrap();
}

/// On an address that others reach, no hook is open.
#[test]
fn another_address_needs_the_token() {
    let folder = folder("address");
    let output = migrate(&fixture("1-example.yml"), &folder, &["--http", "0.0.0.0:8060"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let config = fs::read_to_string(folder.join("robots.toml")).unwrap();
    assert!(!config.contains("auth = \"none\"") && config.contains("[tokens.alertmanager]"), "{config}");
    fs::remove_dir_all(folder).unwrap();
}
