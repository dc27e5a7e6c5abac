//! `DINGTALK_NOTIFY_LOG=calls` logs a line of JSON for each call, with its outcome but without its content.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::{PATIENCE, Program};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";

/// The lines of all calls, after the program has ended without a warning.
fn lines(program: Program) -> Vec<Value> {
    let (lines, warnings) = lines_and_warnings(program);
    assert!(warnings.is_empty(), "{warnings:?}");
    lines
}

/// The lines of all calls and those of warnings, after the program has ended.
fn lines_and_warnings(mut program: Program) -> (Vec<Value>, Vec<String>) {
    program.close_stdin();
    let (status, stderr) = program.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    for private in [TOKEN, "13800000000", "the content"] {
        assert!(!stderr.contains(private), "{private} is in {stderr}");
    }
    let (calls, others): (Vec<_>, Vec<_>) = stderr.lines().partition(|line| line.starts_with('{'));
    let calls = calls.into_iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
    (calls.collect(), others.into_iter().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_has_a_line() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap();
    let mut program = Program::serve(&[
        ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
        ("DINGTALK_BOT_BASE_URL", &sandbox.base_url()),
        ("DINGTALK_NOTIFY_LOG", "calls"),
    ]);
    let text = json!({"text": "the content", "atMobiles": ["13800000000"]});
    for _ in 0..2 {
        program.call("send_text_message", text.clone());
    }
    program.call("send_text_message", json!({"text": 3, "atMobiles": ["13800000000"]}));
    sandbox
        .fault_next(1, Fault::Reply(r#"{"errcode":310000,"errmsg":"keywords not in content"}"#.to_owned()));
    program.call("send_text_message", json!({"text": "the content again"}));

    let (lines, warnings) = lines_and_warnings(program);
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains("WARN") && warning.contains("kind=Keyword"), "{warning}");
    let sent = sandbox.accepted();
    let id = sent[0].id.as_deref().unwrap();
    // The request's body, without its id.
    let bytes = serde_json::to_string(&sent[0]).unwrap().len() - json!({"msgUuid": id}).to_string().len() + 1;
    let mut delivered = lines[0].clone();
    assert!(delivered["time"].as_str().unwrap().starts_with("20"), "{delivered}");
    delivered.as_object_mut().unwrap().shift_remove("time");
    assert_eq!(
        delivered,
        json!({
            "tool": "send_text_message",
            "status": "delivered",
            "msgUuid": id,
            "bytes": bytes,
            "mentions": 1,
            "at_all": false,
        })
    );
    assert_eq!((&lines[1]["status"], &lines[1]["msgUuid"]), (&json!("duplicate"), &json!(id)));
    assert_eq!((&lines[2]["status"], &lines[2]["bytes"]), (&json!("refused"), &Value::Null));
    assert_eq!((&lines[3]["status"], &lines[3]["errcode"]), (&json!("refused"), &json!(310_000)));
    assert_eq!(lines[3]["msgUuid"].as_str().unwrap().len(), 26);
    assert_eq!(lines.len(), 4);
}

#[test]
fn nothing_is_logged_by_default() {
    let mut program = Program::serve(&[("DINGTALK_NOTIFY_DRY_RUN", "1")]);
    program.call("send_text_message", json!({"text": "the content"}));
    assert_eq!(lines(program), [Value::Null; 0]);
}

/// A client that pipes stderr and forgets it.
#[cfg(unix)]
#[test]
fn a_client_that_never_reads_stderr_is_served() {
    let mut program = Program::deaf(&["--dry-run"], &[("DINGTALK_NOTIFY_LOG", "trace")]);
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    });
    program.request("initialize", hello);
    for call in 0..800 {
        let result = program.call("send_text_message", json!({"text": format!("call {call}")}));
        assert_eq!(result["isError"], false, "{result}");
    }
    program.close_stdin();
    let (status, _) = program.end(PATIENCE);
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn dropped_lines_are_told_and_no_call_is_among_them() {
    let mut program = Program::deaf(&["--dry-run"], &[("DINGTALK_NOTIFY_LOG", "trace")]);
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    });
    program.request("initialize", hello);
    for call in 0..500 {
        program.call("send_text_message", json!({"text": format!("call {call}")}));
    }
    let stderr = program.listen();
    program.call("send_text_message", json!({"text": "the last one"}));
    program.close_stdin();
    assert!(program.end(PATIENCE).0.success());
    let stderr = stderr.join().unwrap();
    let calls: Vec<Value> = stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(calls.len(), 501);
    assert!(stderr.contains("dropped_lines"), "nothing was dropped: {} bytes", stderr.len());
}

#[test]
fn values_from_outside_stay_short_and_on_their_line() {
    let mut program = Program::serve(&[("DINGTALK_NOTIFY_DRY_RUN", "1"), ("DINGTALK_NOTIFY_LOG", "debug")]);
    let hostile = format!("\r\n\u{1b}[31mINFO forged\u{2028}{}", "x".repeat(1024 * 1024));
    program.request("tools/call", json!({"name": hostile, "arguments": {}}));
    program.call("send_text_message", json!({"text": hostile, (hostile.clone()): 1}));
    program.line(&json!({"jsonrpc": "2.0", "method": hostile, "params": {"reason": hostile}}).to_string());
    program.line(&format!("{{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": {hostile}}}"));
    program.request("ping", Value::Null);
    program.close_stdin();
    let (status, stderr) = program.end(PATIENCE);
    assert!(status.success());
    assert!(stderr.contains("forged"), "the test sees no value: {stderr}");
    for line in stderr.lines() {
        assert!(line.starts_with("20") || line.starts_with('{'), "a line of its own: {line:.200}");
        assert!(line.len() < 4_000, "{} bytes: {line:.200}", line.len());
        assert!(!line.contains(['\u{1b}', '\u{2028}', '\r']), "{line:.200}");
        assert!(!line.contains(&"x".repeat(129)), "{line:.200}");
    }
}
