//! `dingtalk-notify send`, as a person or a script runs it.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::{File, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";

async fn sandbox() -> Sandbox {
    Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap()
}

fn send(sandbox: &Sandbox, environment: &[(&str, &str)], stdin: &str, arguments: &[&str]) -> Output {
    let mut child = command()
        .arg("send")
        .args(arguments)
        .env("DINGTALK_BOT_ACCESS_TOKEN", TOKEN)
        .env("DINGTALK_BOT_BASE_URL", sandbox.base_url())
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

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_five_messages_arrives() {
    let sandbox = sandbox().await;
    let page = "https://example.com/a?b=c";
    for (stdin, arguments) in [
        ("", vec!["text", "disk full", "--at", "13800000000"]),
        ("### from a pipe\n", vec!["markdown", "--title", "T"]),
        ("", vec!["link", "--title", "T", "--url", page, "--picture", page, "text"]),
        ("card", vec!["action-card", "--title", "T", "--button", &format!("Open={page}"), "-"]),
        ("", vec!["feed-card", "--item", "A", page, page, "--item", "B", page, page]),
    ] {
        let output = send(&sandbox, &[], stdin, &arguments);
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        assert!(output.stdout.starts_with(b"delivered as "));
    }
    let sent: Vec<Value> =
        sandbox.accepted().iter().map(|message| serde_json::to_value(message).unwrap()).collect();
    assert_eq!(sent[0]["text"]["content"], "disk full\n@13800000000");
    assert_eq!(sent[1]["markdown"]["text"], "### from a pipe");
    assert_eq!(sent[3]["actionCard"]["singleURL"], page);
    assert_eq!(sent[4]["feedCard"]["links"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing_and_shows_the_request() {
    let sandbox = sandbox().await;
    let output = send(&sandbox, &[], "", &["text", "x", "--dry-run"]);
    let request: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(request["text"], json!({"content": "x"}));
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_applies_the_policy_and_shows_the_keyword() {
    let sandbox = sandbox().await;
    let environment = [("DINGTALK_NOTIFY_AT_ALL", "deny"), ("DINGTALK_BOT_KEYWORD", "通知")];
    let output = send(&sandbox, &environment, "", &["text", "x", "--dry-run"]);
    let request: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(request["text"], json!({"content": "x\n通知"}));
    assert!(request["msgUuid"].is_string(), "{request}");

    for everybody in [&["text", "x", "--at-all"][..], &["text", "x", "--at-all", "--dry-run"]] {
        let output = send(&sandbox, &environment, "", everybody);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{}", words(&output));
        assert!(words(&output).contains("at_all"), "{}", words(&output));
    }
    assert_eq!(sandbox.requests(), 0);

    // The person who typed the command has confirmed it.
    let ask = [("DINGTALK_NOTIFY_AT_ALL", "ask")];
    let output = send(&sandbox, &ask, "", &["text", "x", "--at-all"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(sandbox.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_apart_what_happened_and_what_to_do() {
    let sandbox = sandbox().await;
    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 310_000, "errmsg": "sign not match"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (detail, advice) = (report["detail"].as_str().unwrap(), report["advice"].as_str().unwrap());
    assert!(detail.contains("310000") && !detail.contains(advice), "{report}");
    assert!(advice.contains("SEC"), "{report}");

    let output = send(&sandbox, &[], "", &["text", "x", "--at", "nobody", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["kind"]), (Some(2), &json!("invalid")));
    assert!(report["detail"].as_str().unwrap().starts_with("--at (value 1) "), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_class_of_failure_has_its_exit_code_and_advice() {
    let sandbox = sandbox().await;
    let code = |output: &Output| output.status.code().unwrap();

    let output = send(&sandbox, &[], "", &["text", " "]);
    assert_eq!((code(&output), sandbox.requests()), (2, 0), "{}", words(&output));
    let output = send(&sandbox, &[], "", &["text", "x", "--robot", "ops"]);
    assert_eq!((code(&output), sandbox.requests()), (2, 0), "{}", words(&output));
    let output = send(&sandbox, &[("DINGTALK_NOTIFY_AT_ALL", "deny")], "", &["text", "x", "--at-all"]);
    assert_eq!((code(&output), sandbox.requests()), (3, 0), "{}", words(&output));

    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 310_000, "errmsg": "sign not match"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x"]);
    assert_eq!(code(&output), 3, "{}", words(&output));
    assert!(words(&output).contains("SEC"), "{}", words(&output));
    sandbox.fault_next(1, Fault::Throttle);
    let output = send(&sandbox, &[("LANG", "zh_CN.UTF-8")], "", &["text", "x"]);
    assert_eq!(code(&output), 5, "{}", words(&output));
    assert!(words(&output).contains('，'), "advice in Chinese: {}", words(&output));
    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 430_101, "errmsg": "unsafe"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x", "--json"]);
    assert_eq!(code(&output), 4, "{}", words(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["kind"], &report["code"]), (&json!("forbidden_content"), &json!(430_101)));

    let nobody = [("DINGTALK_BOT_BASE_URL", "http://127.0.0.1:9")];
    let output = send(&sandbox, &nobody, "", &["text", "x"]);
    assert_eq!(code(&output), 6, "{}", words(&output));
    assert!(!words(&output).contains(TOKEN));
}

/// Returns the request that the command would send.
fn request(stdin: &[u8], arguments: &[&str]) -> Value {
    let output = dry(stdin, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", words(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn dry(stdin: &[u8], arguments: &[&str]) -> Output {
    let mut child = command()
        .args(["send", "--dry-run"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn a_text_comes_from_an_argument_a_file_or_stdin() {
    let file = File::new("report", "\u{feff}disk full\n磁盘已满\n\n");
    let reference = format!("@{}", file.path());
    for (stdin, arguments) in [
        ("", &["text", "disk full\n磁盘已满"][..]),
        ("disk full\n磁盘已满\n", &["text"]),
        ("\u{feff}disk full\n磁盘已满\n", &["text", "-"]),
        ("", &["text", "--file", file.path()]),
        ("", &["text", &reference]),
    ] {
        let sent = request(stdin.as_bytes(), arguments);
        assert_eq!(sent["text"]["content"], "disk full\n磁盘已满", "{arguments:?}");
    }
    // After `--`, an argument is a text whatever it looks like. So is a sentence that begins with a mention.
    for (arguments, text) in [
        (&["text", "--", &reference][..], &*reference),
        (&["text", "@13800000000 look"], "@13800000000 look"),
        (&["text", "--", "--dry-run"], "--dry-run"),
    ] {
        assert_eq!(request(b"", arguments)["text"]["content"], text, "{arguments:?}");
    }
    for arguments in [&["text", "@missing.md"][..], &["text", "--file", "missing.md"]] {
        let output = dry(b"", arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(words(&output).contains("missing.md: cannot be read"), "{}", words(&output));
    }
    assert_eq!(dry(b"", &["text", "x", "--file", file.path()]).status.code(), Some(2), "ambiguous");
}

#[test]
fn a_text_in_another_encoding_is_refused_with_the_way_to_convert_it() {
    let utf_16: Vec<u8> = "磁盘".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gbk = [0xB4, 0xC5, 0xC5, 0xCC];
    let with_mark = [&[0xFF, 0xFE][..], &utf_16].concat();
    for (bytes, advice) in
        [(&with_mark[..], "iconv -f UTF-16"), (&gbk, "iconv -f GB18030"), (b"a\0b\0", "iconv -f UTF-16")]
    {
        let output = dry(bytes, &["text"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{advice}");
        assert!(words(&output).contains(advice), "{}", words(&output));
        let path = std::env::temp_dir().join(format!("dingtalk-notify-{}-encoded", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let output = dry(b"", &["text", "--file", path.to_str().unwrap()]);
        std::fs::remove_file(&path).unwrap();
        assert!(words(&output).contains(advice), "{}", words(&output));
    }
    let output = dry(&vec![b'x'; (1 << 20) + 1], &["text"]);
    assert!(words(&output).contains("more than 1 MiB"), "{}", words(&output));
}

#[test]
fn values_may_begin_with_a_hyphen_but_misspelt_options_are_no_values() {
    for text in ["-5 °C in the server room", "- disk\n- memory", "--- end ---", "-5"] {
        assert_eq!(request(b"", &["text", text])["text"]["content"], text);
    }
    let sent =
        request(b"", &["link", "--title", "- news", "--url", "https://example.com", "-5 °C", "--id", "a"]);
    assert_eq!((&sent["link"]["title"], &sent["link"]["text"]), (&json!("- news"), &json!("-5 °C")));
    for arguments in [
        &["text", "--dry-rnu"][..],
        &["text", "--dry-rnu", "x"],
        &["markdown", "--title", "--at-everybody", "- x"],
        &["markdown", "--title", "- x", "--at-everybody"],
    ] {
        let output = dry(b"", arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        let option =
            arguments.iter().find(|argument| argument.starts_with("--dry-rnu") || argument.contains("every"));
        assert!(words(&output).contains(option.unwrap()), "{}", words(&output));
    }
}

#[test]
fn several_people_are_mentioned_by_number_or_name() {
    let file = File::new(
        "people",
        "version = 1\n[people]\noncall = \"13800000000\"\nboss = { user_id = \"manager1\" }\n",
    );
    let config = ["--config", file.path()];
    let sent =
        request(b"", &[&["text", "x", "--at", "oncall,13900000000", "--at", "boss"][..], &config].concat());
    assert_eq!(sent["at"], json!({"atMobiles": ["13800000000", "13900000000"], "atUserIds": ["manager1"]}));
    for (message, flag) in [
        (&["link", "--title", "T", "--url", "https://example.com", "x"][..], &["--at", "oncall"][..]),
        (&["action-card", "--title", "T", "--button", "A=https://example.com", "x"], &["--at-user", "u1"]),
        (&["feed-card", "--item", "T", "https://example.com", "https://example.com"], &["--at-all"]),
    ] {
        let output = dry(b"", &[message, flag, &config].concat());
        assert_eq!(output.status.code(), Some(2), "{message:?}");
        let problem = format!("{}: this type of message cannot mention anyone", flag[0]);
        assert!(words(&output).contains(&problem), "{}", words(&output));
    }
}

#[test]
fn a_button_may_have_equals_signs() {
    let card = |button| {
        request(b"", &["action-card", "--title", "T", "--button", button, "x"])["actionCard"].clone()
    };
    let sent = card("a=b=https://example.com/?c=d");
    assert_eq!(
        (&sent["singleTitle"], &sent["singleURL"]),
        (&json!("a=b"), &json!("https://example.com/?c=d"))
    );
    let output = dry(
        b"",
        &["action-card", "--title", "", "--button", "Open", "--button", "B=mailto:x", "x", "--at", "a"],
    );
    let said = words(&output);
    for fault in [
        "--button: expected LABEL=URL, found \"Open\"",
        "--at: this type",
        "--title must",
        "--button (value 1, `url`)",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_is_json_if_the_command_asks_for_it() {
    let sandbox = sandbox().await;
    let missing = File::new("settings", "version = 1\nunknown = 1\n");
    for (arguments, code, outcome, kind) in [
        (&["text", "x"][..], 0, "delivered", Value::Null),
        (&["text", "x", "--dry-run"], 0, "dry_run", Value::Null),
        (&["text", " "], 2, "failed", json!("invalid")),
        (&["text", "--file", "missing.md"], 1, "failed", json!("configuration")),
        (&["text", "x", "--no-state", "--id", "a"], 1, "failed", json!("configuration")),
        (&["text", "x", "--config", missing.path()], 1, "failed", json!("configuration")),
        (&["action-card", "--title", "T", "--button", "Open", "x"], 2, "failed", json!("invalid")),
        (
            &["link", "--title", "T", "--url", "https://example.com", "x", "--at", "a"],
            2,
            "failed",
            json!("invalid"),
        ),
        (&["text", "x", "--wait", "long"], 2, "failed", json!("invalid")),
        (&["markdown", "x"], 2, "failed", json!("invalid")),
        (&["tex", "x"], 2, "failed", json!("invalid")),
    ] {
        let output = send(&sandbox, &[], "", &[arguments, &["--json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", words(&output)));
        assert_eq!((output.status.code(), &report["outcome"]), (Some(code), &json!(outcome)), "{report}");
        assert_eq!((&report["kind"], &*words(&output)), (&kind, ""), "{report}");
        assert!(code == 0 || !report["detail"].as_str().unwrap().is_empty(), "{report}");
    }
    assert_eq!(sandbox.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_refused_shortened_or_split() {
    let sandbox = sandbox().await;
    let text = "长".repeat(10_000);
    let output = send(&sandbox, &[], &text, &["text"]);
    assert_eq!((output.status.code(), sandbox.requests()), (Some(2), 0), "{}", words(&output));
    assert!(
        words(&output).contains("the text must have at most 19500 bytes in UTF-8, not 30000"),
        "{}",
        words(&output)
    );

    let output = send(&sandbox, &[], &text, &["text", "--overflow", "split", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["parts"].as_array().map(Vec::len), Some(2), "{report}");
    let output = send(&sandbox, &[], &text, &["text", "--overflow", "truncate"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(sandbox.requests(), 3);

    let output =
        send(&sandbox, &[], &text, &["markdown", "--title", "T", "--overflow", "split", "--dry-run"]);
    let requests: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(requests.as_array().map(Vec::len), Some(2), "{}", words(&output));
    assert_eq!((&requests[1]["markdown"]["title"], sandbox.requests()), (&json!("T (2/2)"), 3));

    // The file decides for its robot.
    let robot = "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS\"\noverflow = \"split\"\n";
    let file = File::new("overflow", robot);
    let run = |arguments: &[&str]| {
        let mut child = command()
            .args(["send", "text", "--dry-run", "--config", file.path()])
            .args(arguments)
            .env("OPS", TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = run(&[]);
    assert!(output.status.success() && output.stdout.starts_with(b"["), "{}", words(&output));
    let output = run(&["--overflow", "reject"]);
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
}
