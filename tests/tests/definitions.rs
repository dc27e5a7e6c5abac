//! Complete definitions, word for word, as agents read them: every change shows in review.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_config::RATE_PER_MINUTE;
use dingtalk_core::{
    Mobile, Notification, Stub, Url,
    tool::{ToolSet, ToolType},
    tools,
};
use dingtalk_notify::{Definition, Deployment, Server, builtin_tools};
use expect_test::{ExpectFile, expect_file};

/// Announce that a version can be installed.
///
/// Called by the release job.
#[derive(Notification)]
#[dingtalk(
    link(title = "Release {version} is out", text = "{summary}", url = "{notes}"),
    tool(name = "announce_release", title = "Announce a release")
)]
struct ReleasePublished {
    /// The version, for example `1.4.2`.
    #[dingtalk(length(1..=32))]
    version: String,
    /// Changes, in one sentence.
    #[dingtalk(length(..=200), default = "See the notes.")]
    summary: String,
    /// The page with the release notes.
    notes: Url,
}

/// Warn whoever is on call that one host's CPU stayed above its limit.
#[derive(Notification)]
#[dingtalk(
    text("CPU {percent:.1}% on {host}\n{processes}"),
    tool(
        title = "Warn of a busy CPU",
        when = "a host's CPU limit has been exceeded for minutes and a person must look",
        not_when = "the host does not answer at all",
        instead = HostDown,
    )
)]
struct CpuAlert {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0..=100))]
    percent: f64,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 10)]
    processes: Vec<String>,
    /// Mobile numbers of the people to mention, for example `13800000000`.
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}

/// Raise the alarm for a host that has gone silent.
#[derive(Notification)]
#[dingtalk(
    text("{host} is down\n{minutes}"),
    tool(title = "Report a silent host", when = "a host has not answered for minutes", instead = CpuAlert)
)]
struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// Minutes since the last sign of life.
    #[dingtalk(line = "Silent for {} minutes", range(1..))]
    minutes: Option<u16>,
    /// Mention everybody in the group.
    #[dingtalk(at_all)]
    everybody: bool,
}

/// Give the all-clear after an alert.
#[derive(Notification)]
#[dingtalk(
    text("{host} is fine again"),
    tool(
        title = "Give the all-clear",
        when = "a host that was reported is fine again",
        not_when = "its CPU is still busy",
        instead = CpuAlert,
        destructive = false,
    )
)]
struct AllClear {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
}

fn check(expected: &ExpectFile, tools: impl IntoIterator<Item = ToolType>, deployment: &Deployment) {
    let set = ToolSet::new(tools).unwrap();
    assert_eq!(deployment.lint(&set).into_iter().filter(|lint| lint.rule != "W2").collect::<Vec<_>>(), []);
    let definitions = deployment.definitions(&set);
    expected.assert_eq(&(serde_json::to_string_pretty(&definitions).unwrap() + "\n"));
}

#[test]
fn a_single_tool() {
    check(&expect_file!["../golden/definitions/single.json"], tools![ReleasePublished], &Deployment::new());
}

#[test]
fn siblings_refer_to_each_other() {
    let siblings = tools![CpuAlert, HostDown, AllClear];
    check(&expect_file!["../golden/definitions/siblings.json"], siblings, &Deployment::new());
}

#[test]
fn siblings_at_a_rate() {
    let siblings = tools![CpuAlert, HostDown, AllClear];
    let deployment = Deployment::new().rate_per_minute(Some(20));
    check(&expect_file!["../golden/definitions/siblings_at_a_rate.json"], siblings, &deployment);
}

/// The tools that `dingtalk-notify` serves by default; `docs/tool-quality.md` rates them.
#[test]
fn the_built_in_tools() {
    let rate = Deployment::new().rate_per_minute(Some(RATE_PER_MINUTE));
    let server = Server::builder(Stub::new()).tools(builtin_tools()).deployment(rate).build().unwrap();
    assert_eq!(server.deployment().lint(server.tools()), []);
    let definitions = server.deployment().definitions(server.tools());
    let expected = expect_file!["../golden/definitions/builtin.json"];
    expected.assert_eq(&(serde_json::to_string_pretty(&definitions).unwrap() + "\n"));
}

/// This file is never blessed anew: what one version has written, every later one reads, and writes in the same way.
/// With a queue, the tool for the status of a message follows.
#[test]
fn the_tool_for_the_status_of_a_message() {
    let deployment = Deployment::new().rate_per_minute(Some(RATE_PER_MINUTE)).queue(true);
    let set = ToolSet::new(builtin_tools()).unwrap();
    assert_eq!(deployment.lint(&set), []);
    let definitions = deployment.definitions(&set);
    let expected = expect_file!["../golden/definitions/message_status.json"];
    expected.assert_eq(&(serde_json::to_string_pretty(&definitions[set.iter().count()..]).unwrap() + "\n"));
}

#[test]
fn the_first_form_is_read_and_written() {
    let written = include_str!("../golden/forms/definition_v1.json");
    let definition: Definition = serde_json::from_str(written).unwrap();
    assert_eq!(definition.name, "ops_send_disk_alert");
    assert_eq!(serde_json::to_string_pretty(&definition).unwrap() + "\n", written);
}

#[test]
fn a_definition_is_read_as_it_was_written() {
    let tools = ToolSet::new(builtin_tools()).unwrap().prefixed("ops").unwrap();
    let definitions = Deployment::new().definitions(&tools);
    let written = serde_json::to_string(&definitions).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Definition>>(&written).unwrap(), definitions);
}
