//! Definitions of derived tools, and the values that they build from an agent's arguments.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{
    Message, Mobile, Notification,
    tool::{Tool, ToolSet},
    tools,
};
use dingtalk_notify::Deployment;
use expect_test::expect_file;
use serde_json::{Value, json};

/// Warn the on-call group that one host's CPU stayed above its limit for five minutes.
///
/// Sent by the watchdog.
#[derive(Debug, PartialEq, Notification)]
#[dingtalk(
    text("{host} {percent:.1} {level}\n{processes}"),
    rename_all = "camelCase",
    tool(when = "a host's CPU limit has been exceeded and a person must look", instead = DiskAlert)
)]
struct CpuAlert {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0..=100))]
    percent: f64,
    /// Urgency, for example `warning`.
    #[dingtalk(default = "warning", length(..=20))]
    level: String,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 3, rename = "topProcesses")]
    processes: Vec<String>,
    /// Mobile numbers of the people to mention.
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
    /// Mention everybody in the group.
    #[dingtalk(at_all)]
    at_all: bool,
}

/// Warn that a disk is nearly full.
#[derive(Notification)]
#[dingtalk(
    text("{host}: {free} bytes free"),
    tool(name = "send_disk_alert", title = "Disk alert", when = "a disk is nearly full", not_when = "the CPU is the problem", instead = CpuAlert, destructive = false)
)]
struct DiskAlert {
    /// Host name as in the inventory.
    #[dingtalk(length(1..=64))]
    host: String,
    /// Free space in bytes, for example 1048576.
    free: u64,
}

fn set() -> ToolSet {
    ToolSet::new(tools![CpuAlert, DiskAlert]).unwrap()
}

fn faults(arguments: &Value) -> Vec<String> {
    let arguments = arguments.as_object().unwrap();
    CpuAlert::parse(arguments).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn definitions_are_golden() {
    let definitions = Deployment::new().rate_per_minute(Some(20)).definitions(&set());
    let json = serde_json::to_string_pretty(&definitions).unwrap() + "\n";
    expect_file!["../golden/alert_definitions.json"].assert_eq(&json);
}

#[test]
fn arguments_become_the_value() {
    let arguments = json!({
        "host": "web-3", "percent": 97, "topProcesses": "[\"nginx\"]", "onCall": [13_800_000_000_u64, "+86 139-0000"], "atAll": null
    });
    assert_eq!(
        CpuAlert::parse(arguments.as_object().unwrap()).unwrap_err().to_string(),
        "`onCall[1]` is invalid: expected a mobile number: digits such as 13800000000, or +852-12345678 outside mainland \
         China, not \"+86 139-0000\""
    );
    let arguments = json!({"host": "web-3", "percent": 97, "topProcesses": "[\"nginx\"]", "onCall": [13_800_000_000_u64]});
    let alert = CpuAlert::parse(arguments.as_object().unwrap()).unwrap();
    assert_eq!(alert.level, "warning");
    assert_eq!(alert.processes, ["nginx"]);
    let Message::Text(text) = alert.message().unwrap() else { unreachable!() };
    assert_eq!(text.content, "web-3 97.0 warning\n- nginx\n@13800000000");
}

#[test]
fn all_faults_are_reported_at_once() {
    assert_eq!(
        faults(&json!({
            "hots": "web-3", "host": "", "percent": "97", "topProcesses": ["a", 5], "atAll": "yes", "colour": 1
        })),
        [
            "`hots` is not a parameter; expected one of: host, percent, level, topProcesses, onCall, atAll",
            "`colour` is not a parameter; expected one of: host, percent, level, topProcesses, onCall, atAll",
            "`host` must have 1 to 64 characters, not \"\" (0 characters)",
            "`percent` must be a number, not the string \"97\"",
            "`topProcesses[1]` must be a string, not the number 5",
            "`atAll` must be a boolean, not the string \"yes\"",
        ]
    );
    assert_eq!(
        faults(&json!({"hots": "web-3", "percent": 5, "onCall": "Zhang San"})),
        [
            "`hots` is not a parameter; did you mean `host`?",
            "`host` is missing: give a string",
            "`onCall` must be an array of strings, not the string \"Zhang San\"",
        ]
    );
}
