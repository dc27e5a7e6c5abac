//! Regardless of the robot's behaviour, no stream of the program contains the token, the secret or a
//! signature.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::{PATIENCE, Program};
use serde_json::json;

const TOKEN: &str = "canaryTOKEN0123456789abcdef";
const SECRET: &str = "SECcanarysecret0123456789";

/// Secrets that must not appear, in any of their spellings.
fn assert_silent(seen: &str, what: &str) {
    let lower = seen.to_lowercase();
    for secret in [TOKEN, SECRET] {
        assert!(!lower.contains(&secret.to_lowercase()), "{what} shows a secret: {seen}");
    }
    for spelling in ["sign=", "\"sign\"", "access_token=canary"] {
        assert!(!lower.contains(spelling), "{what} shows a signed address: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_revealed() {
    let robot = RobotConfig::new(TOKEN).secret(SECRET);
    let sandbox = Sandbox::builder().robot(robot).rate_per_minute(None).start().await.unwrap();
    let down = "http://127.0.0.1:9";
    let faults = [
        ("echoing", Some(Fault::Echo)),
        ("hanging", Some(Fault::Hang)),
        ("redirecting", Some(Fault::Redirect)),
        ("resetting", Some(Fault::ResetBeforeAnswer)),
        ("truncating", Some(Fault::Truncate)),
        ("HTML", Some(Fault::Html)),
        ("garbage", Some(Fault::Garbage(TOKEN.as_bytes().to_vec()))),
        (
            "quoting",
            Some(Fault::Reply(format!(
                "{{\"errcode\":310000,\"errmsg\":\"token {TOKEN} secret {SECRET}\"}}"
            ))),
        ),
        ("huge", Some(Fault::Huge)),
        ("accepting", None),
    ];
    for (what, fault) in faults {
        match fault {
            Some(fault) => sandbox.fault(fault),
            None => sandbox.heal(),
        }
        check(&sandbox.base_url(), what);
    }
    check(down, "down");
    // The strict robot accepted one message, so the program really signs with the canaries.
    assert_eq!(sandbox.accepted().len(), 1);
}

fn check(base_url: &str, what: &str) {
    tokio::task::block_in_place(|| {
        let mut program = Program::serve(&[
            ("DINGTALK_BOT_BASE_URL", base_url),
            ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
            ("DINGTALK_BOT_SECRET", SECRET),
            ("DINGTALK_NOTIFY_LOG", "trace"),
        ]);
        let result = program.call("send_text_message", json!({"text": "x"}));
        assert_eq!(result["isError"], what != "accepting", "{what}: {result}");
        program.close_stdin();
        let seen = std::mem::take(&mut program.seen);
        let (status, stderr) = program.end(PATIENCE);
        assert!(status.success());
        assert!(stderr.contains("TRACE"), "the log was not at TRACE");
        assert_silent(&seen, &format!("stdout while {what}"));
        assert_silent(&stderr, &format!("stderr while {what}"));
    });
}

#[test]
fn refused_settings_are_not_repeated() {
    for environment in [
        [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", "http://example.com"), ("A", "")],
        [
            ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
            ("DINGTALK_BOT_SECRET", SECRET),
            ("DINGTALK_BOT_RATE_PER_MINUTE", "0"),
        ],
        [
            (
                "DINGTALK_BOT_ACCESS_TOKEN",
                "https://example.com/robot/send?access_token=canaryTOKEN0123456789abcdef",
            ),
            ("A", ""),
            ("B", ""),
        ],
    ] {
        let (status, stderr) = Program::start(&[], &environment).end(PATIENCE);
        assert!(!status.success());
        assert!(stderr.contains("DINGTALK_BOT_"), "{stderr}");
        assert_silent(&stderr, "stderr");
    }
}
