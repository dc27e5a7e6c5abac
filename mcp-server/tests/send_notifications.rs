//! `dingtalk-notify send NAME`: notifications of the configuration file from a shell.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";
const PAGE: &str = include_str!("../../docs/configuration.md");

/// The notifications of the page, two people, and fields with awkward names.
fn file(name: &str) -> File {
    let (_, rest) = PAGE.split_once("<!-- notifications -->\n```toml\n").unwrap();
    let (declared, _) = rest.split_once("\n```\n").unwrap();
    let more = r#"
[people]
oncall = "13800000000"
boss = { user_id = "manager123" }

[notifications.text]
purpose = "Report the text of a check that failed."
when = "a check has failed"
text = "{robot} {field} {on_duty} {ratio}{urgent}"
fields = [
    { name = "robot", type = "text", length = "..=40", description = "Arm that performed the check." },
    { name = "field", type = "text", length = "..=40", description = "Area that was checked." },
    { name = "on_duty", type = "text", length = "..=40", default = "nobody", description = "Name of the guard." },
    { name = "ratio", type = "number", default = 1.5, description = "Share of failures." },
    { name = "urgent", type = "flag", then = "!", description = "Set if it is urgent." },
]
"#;
    File::new(name, &format!("{declared}{more}"))
}

fn run(file: &File, environment: &[(&str, &str)], stdin: &str, arguments: &[&str]) -> Output {
    let mut child = command()
        .args(arguments)
        .env("DINGTALK_NOTIFY_CONFIG", file.path())
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read stdin may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Returns the request that the command would send.
fn request(file: &File, stdin: &str, arguments: &[&str]) -> Value {
    let output = run(file, &[], stdin, &[&["send", "--dry-run"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", words(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the faults of the command, which sends nothing.
fn faults(file: &File, arguments: &[&str]) -> String {
    let output = run(file, &[], "", &[&["send", "--dry-run"], arguments].concat());
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(2), 0),
        "{arguments:?}: {}",
        words(&output)
    );
    words(&output)
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_notification_is_sent_by_the_flags_of_its_fields() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap();
    let (file, base_url) = (file("sent"), sandbox.base_url());
    let state = format!("{}/notifications-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    let robot = [
        ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
        ("DINGTALK_BOT_BASE_URL", &*base_url),
        ("DINGTALK_NOTIFY_STATE_DIR", &*state),
    ];
    let alert = [
        "send",
        "cpu_alert",
        "--host",
        "web-3",
        "--percent",
        "97",
        "--processes",
        "nginx",
        "--processes=cc1*",
        "--on_call",
        "oncall,13900000000",
        "--everybody",
        "--id",
        "alert-1",
        "--json",
    ];
    let output = run(&file, &robot, "", &alert);
    assert!(output.status.success(), "{}", words(&output));
    let delivered: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(delivered["outcome"], "delivered");
    assert!(delivered["elapsed_seconds"].as_f64().unwrap() < 60.0, "{delivered}");
    assert_eq!(delivered.to_string().matches("_ms").count(), 0, "{delivered}");
    let accepted = serde_json::to_value(&sandbox.accepted()[0]).unwrap();
    assert_eq!(accepted["markdown"]["title"], "CPU 97% on web-3");
    assert_eq!(accepted["at"], json!({"atMobiles": ["13800000000", "13900000000"], "isAtAll": true}));

    // The id is that of the meaning, however it is written.
    let fields = r#"{"host": "web-3", "percent": 97.0, "processes": ["nginx", "cc1*"], "everybody": true,
        "on_call": ["13800000000", "13900000000"]}"#;
    let output = run(&file, &robot, fields, &["send", "send_cpu_alert", "--id", "alert-1", "--json", "-"]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&again["outcome"], sandbox.requests()), (&json!("duplicate"), 1), "{}", words(&output));
    assert!(again["age_seconds"].as_f64().unwrap() < 60.0, "{again}");
    std::fs::remove_dir_all(&state).unwrap();
}

#[test]
fn names_and_flags_are_taken_in_both_spellings() {
    let file = file("spellings");
    let one = request(&file, "", &["disk_alert", "--host", "db-1", "--percent", "97"]);
    assert_eq!(one["text"]["content"], "db-1: 97% of / is used");
    for arguments in [
        &["disk-alert", "--percent=97", "--host=db-1"][..],
        &["--json", "disk_alert", "--field", "percent=97", "--field", "host=db-1"],
        &["send_disk_alert", "--host", "db-1", "--percent", " 97 ", "--disk", "/"],
    ] {
        let other = request(&file, "", arguments);
        let content = other["request"]["text"].get("content").or_else(|| other["text"].get("content"));
        assert_eq!(content, one["text"].get("content"), "{arguments:?}");
    }
}

#[test]
fn fields_come_from_json_and_flags_take_precedence() {
    let file = file("json");
    let fields = File::new("fields", r#"{"host": "db-1", "percent": 97}"#);
    for (stdin, arguments) in [
        (r#"{"host": "db-1", "percent": 97}"#, &["disk_alert", "-"][..]),
        ("\u{feff}{\"host\": \"db-1\", \"percent\": 97}", &["disk_alert", "--fields", "-"]),
        ("", &["disk_alert", "--fields", fields.path()]),
        (r#"{"host": "db-2", "percent": 97}"#, &["disk_alert", "-", "--host", "db-1"]),
    ] {
        let sent = request(&file, stdin, arguments);
        assert_eq!(sent["text"]["content"], "db-1: 97% of / is used", "{arguments:?}");
    }
    for (stdin, arguments, fault) in [
        ("[]", &["send", "disk_alert", "-"][..], "stdin: expected the fields as a JSON object"),
        ("{", &["send", "disk_alert", "--fields", "-"], "stdin: expected the fields as a JSON object"),
        ("{}", &["send", "disk_alert", "-", "--fields", "-"], "both give the fields"),
        (r#"{"hots": 1}"#, &["send", "disk_alert", "-"], "`hots` is not a parameter; did you mean `host`?"),
    ] {
        let output = run(&file, &[("DINGTALK_NOTIFY_DRY_RUN", "1")], stdin, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(words(&output).contains(fault), "{arguments:?}: {}", words(&output));
    }
}

#[test]
fn all_faults_are_told_at_once_by_their_flags() {
    let file = file("faults");
    let said = faults(
        &file,
        &[
            "cpu_alert",
            "--hots",
            "web-3",
            "--percent",
            "101",
            "--severity",
            "warn",
            "--processes",
            "a",
            "--processes",
            "a process whose name has more than forty characters",
            "--everybody=maybe",
            "stray",
            "--field",
            "runbok=x",
        ],
    );
    for fault in [
        "--hots is unknown; did you mean `--host`?",
        "--host is missing",
        "--percent must be 0 to 100, not 101",
        "--severity must be one of",
        "--processes (value 2) must have at most 40 characters",
        "--everybody must be a boolean",
        "\"stray\" has no flag",
        "--field: there is no field `runbok`; did you mean `runbook`?",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert_eq!(said.lines().count(), 9, "one line each, after the first: {said}");

    let said =
        faults(&file, &["cpu_alert", "--host", "a", "--host", "b", "--percent", "many", "--at", "nobody"]);
    for fault in [
        "--host takes one value, and was given 2 times",
        "--percent must be a number",
        "--at (value 1) is invalid",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn an_option_is_not_taken_for_a_value() {
    let file = file("options");
    for (arguments, fault) in [
        (&["disk_alert", "--host", "--percent", "5"][..], "--host has no value"),
        (&["disk_alert", "--percent", "5", "--host"], "--host has no value"),
        (&["disk_alert", "--host", "--persent", "5"], "--persent is unknown; did you mean `--percent`?"),
    ] {
        let said = faults(&file, arguments);
        assert!(said.contains(fault), "{arguments:?}: {said}");
        assert!(!said.contains("--host is missing"), "that follows: {said}");
    }
    let sent = request(&file, "", &["disk_alert", "--host=--percent", "--disk", "- a", "--percent", "5"]);
    assert_eq!(sent["text"]["content"], "--percent: 5% of - a is used");
}

#[test]
fn fields_that_are_named_like_options_are_set_by_name() {
    let file = file("names");
    let arguments = [
        "send_text",
        "--field",
        "robot=arm",
        "--field",
        "field=x=y",
        "--on-duty",
        "-",
        "--ratio",
        "-0.5",
        "--urgent",
    ];
    let sent = request(&file, "", &arguments);
    assert_eq!(sent["text"]["content"], "arm x=y - -0.5!");
    let output = run(&file, &[], "", &["send", "send_text", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("set by `--field NAME=VALUE`: robot, field"), "{help}");
    // The type of message keeps its name.
    assert_eq!(request(&file, "", &["text", "robot"])["text"]["content"], "robot");
}

#[test]
fn people_are_mentioned_by_the_options_of_all_messages_too() {
    let file = file("people");
    let alert = ["cpu_alert", "--host", "web-3", "--percent", "97"];
    let sent = request(&file, "", &[&alert[..], &["--at", "oncall", "--on-call", "13900000000"]].concat());
    assert_eq!(sent["at"]["atMobiles"], json!(["13900000000", "13800000000"]));
    let said = faults(&file, &["disk_alert", "--host", "a", "--percent", "5", "--at", "oncall"]);
    assert!(said.contains("--at: this notification cannot mention anyone"), "{said}");
    let said = faults(&file, &[&alert[..], &["--at", "boss", "--at-all"]].concat());
    assert!(said.contains("cannot mention `boss`"), "{said}");
    assert!(said.contains("--at-all: a notification mentions everybody by a field of its own"), "{said}");
}

#[test]
fn help_and_completions_know_the_notifications() {
    let file = file("help");
    let text = |arguments: &[&str], language: &str| {
        let output = run(&file, &[("LANG", language)], "", arguments);
        assert!(output.status.success(), "{}", words(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let list = text(&["send", "--help"], "C");
    assert!(list.contains("cpu_alert    Warn the on-call group"), "{list}");
    let help = text(&["send", "cpu_alert", "--help"], "C");
    for part in [
        "--host <TEXT>",
        "Host name as in the inventory, for example `web-3`. 1 to 64 characters. [required]",
        "--severity <CHOICE>",
        "[one of: warning, critical] [default: warning]",
        "at most 10 items. [repeat for several]",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    let chinese = text(&["send", "cpu_alert", "--help"], "zh_CN.UTF-8");
    assert!(chinese.contains("1 to 64 characters. [必填]") && chinese.contains("--dry-run"), "{chinese}");
    assert!(!chinese.contains("参数："), "there are none: {chinese}");
    for shell in ["bash", "fish", "zsh"] {
        let script = text(&["completions", shell], "C");
        for part in ["cpu_alert", "severity", "critical"] {
            assert!(script.contains(part), "{shell}: {part}");
        }
    }
}

#[test]
fn a_faulty_file_is_reported_instead_of_an_unknown_command() {
    let file = File::new("faulty", "version = 1\n[notifications.cpu_alert]\npurpos = \"x\"\n");
    let output = run(&file, &[], "", &["send", "cpu_alert"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output).contains("notifications.cpu_alert.purpos: unknown key"), "{}", words(&output));
    let output = run(&file, &[], "", &["send", "cpu_alert", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["detail"].as_str().unwrap().contains("purpos: unknown key"), "{report}");

    let good = self::file("unknown");
    let output = run(&good, &[], "", &["send", "cpu_alrt", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["kind"]), (Some(2), &json!("invalid")));
    assert!(report["detail"].as_str().unwrap().contains("'cpu_alert'"), "{report}");
}

#[test]
fn the_message_of_a_notification_is_shown_without_a_robot() {
    let file = file("rendered");
    let shown = |arguments: &[&str]| {
        let output = run(&file, &[], "", &[&["tools", "--render"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let alert = ["cpu_alert", "--host", "web-3", "--percent", "97", "--processes", "cc1*", "--at", "oncall"];
    assert_eq!(
        shown(&alert),
        "[CPU 97% on web-3]\n\nCPU 97.0% on web-3\n\n- cc1*\n\n注意:\n\n@13800000000\n"
    );
    assert_eq!(shown(&["disk-alert"]), "example: 0% of / is used\n", "the example");
    assert!(shown(&["disk-alert", "--json"]).contains("\"msgtype\": \"text\""));
    let output = run(&file, &[], "", &["tools", "--render", "disk-alert", "--hots", "a", "--percent", "101"]);
    let said = words(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    for fault in ["--hots is unknown", "--host is missing", "--percent must be 0 to 100, not 101"] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn the_gallery_has_every_notification_in_its_variants() {
    let file = file("gallery");
    let folder = std::env::temp_dir().join(format!("dingtalk-gallery-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let written = |name: &str, more: &[&str]| {
        let path = folder.join(name);
        let output = run(&file, &[], "", &[&["preview", "--output", path.to_str().unwrap()], more].concat());
        assert!(output.status.success(), "{}", words(&output));
        std::fs::read_to_string(path).unwrap()
    };
    let outline = written("outline.txt", &["--outline"]);
    expect_test::expect_file!["golden/gallery.txt"].assert_eq(&outline);
    let page = written("gallery.html", &[]);
    assert_eq!(page, written("again.html", &[]), "the page is deterministic");
    for name in ["send_cpu_alert", "send_disk_alert", "send_text"] {
        assert!(page.contains(&format!("<h2>{name}</h2>")), "{name}");
    }
    let nowhere = folder.join("nowhere/x.html");
    let output = run(&file, &[], "", &["preview", "--output", nowhere.to_str().unwrap()]);
    assert!(!output.status.success() && words(&output).contains("nowhere"), "{}", words(&output));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_demo_shows_the_notifications_of_a_file() {
    let file = file("demo");
    let output = command().args(["demo", "--once", "--config", file.path()]).output().unwrap();
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{said}{}", words(&output));
    for part in ["example: 0% of / is used", "CPU 0% on example", "All 3 messages arrived"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let empty = File::new("nothing", "version = 1\n");
    let output = command().args(["demo", "--once", "--config", empty.path()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output).contains("declares no notifications"), "{}", words(&output));
}
