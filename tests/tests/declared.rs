//! Notifications declared twice, as a type and in a configuration file: same definition, same message, same
//! faults.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use dingtalk_config::Config;
use dingtalk_core::{
    Choice, Envelope, Markdown, Mobile, Notification, Url, UserId,
    delivery::Urgency,
    message::WireMessage,
    tool::{ToolSet, ToolType},
    tools,
};
use dingtalk_notify::Deployment;
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree as _};
use serde_json::{Map, Value, json};

/// Warn the on-call group that one host's CPU stayed above its limit for five minutes.
///
/// Paragraphs after the first are for readers of the source.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on **{host}**
        {processes}
        {urgent}
        {runbook}
        > {loads}, {host}

        {note}
    ",
))]
#[dingtalk(tool(
    when = "a host's CPU limit has been exceeded for minutes and a person must look",
    instead = DiskAlert,
))]
struct CpuAlert {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64), example = "web-3")]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0.0..=100.0))]
    percent: f64,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 10, example = ["nginx", "postgres"])]
    processes: Vec<String>,
    /// Page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    /// Needs attention at once.
    #[dingtalk(line = "**Look now!**")]
    urgent: bool,
    /// Average over the last minute.
    loads: f64,
    /// Known facts, as Markdown.
    #[dingtalk(unbounded)]
    note: Markdown,
    /// People to mention.
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}

/// Say that a disk of one host has almost no space left.
#[derive(Notification)]
#[dingtalk(
    text(
        "
        告警: disk {disk} of {host} is {percent:+05.1}% full {everybody}
        {lead} {sectors:#x} {size:08.3e}
        {reason}
        {severities}
        "
    ),
    keyword = "告警",
    tool(
        title = "Disk space alert",
        when = "a disk is nearly full",
        not_when = "the disk is broken",
        destructive = false,
    )
)]
struct DiskAlert {
    /// As in the inventory, for example `db-1`.
    #[dingtalk(bytes(..=32))]
    host: String,
    /// Mount point.
    #[dingtalk(length(..=20), default = "/")]
    disk: String,
    /// Used share, in percent.
    #[dingtalk(range(0..=100), example = 97)]
    percent: i64,
    /// Number of sectors left.
    #[dingtalk(default = 255)]
    sectors: i64,
    /// Size, in bytes.
    #[dingtalk(default = 1.5)]
    size: f64,
    /// Cause.
    #[dingtalk(line = "Reason: {}", length(..=80))]
    reason: Option<String>,
    /// Severities, day by day.
    #[dingtalk(line = "* {}", max_items = 3)]
    severities: Vec<Severity>,
    /// Person in charge.
    #[dingtalk(at)]
    lead: Option<UserId>,
    /// The whole group must look.
    #[dingtalk(at_all)]
    everybody: bool,
}

#[derive(Choice)]
enum Severity {
    /// Needs attention this week.
    Low,
    /// At once.
    #[dingtalk(text("严重*"))]
    High,
}

/// Ask the people who may decide whether a release goes out.
#[derive(Notification)]
#[dingtalk(action_card(
    title = "Release {version}",
    text = "
        ### Release {version}: {severity}
        {changes}
    ",
    button("Approve {version}", url = "{approve}"),
    button("Refuse", url = "https://example.com/refuse"),
    horizontal,
    hide_avatar,
))]
#[dingtalk(tool(name = "ask_for_release", when = "a release is ready"))]
struct Release {
    /// Its number, for example `1.4.0`.
    #[dingtalk(length(1..=20))]
    version: String,
    /// Risk of the release.
    #[dingtalk(default = "low")]
    severity: Severity,
    /// Changes, one per line.
    #[dingtalk(line = "1. {}", unbounded)]
    changes: Vec<String>,
    /// Page for the approval; without it, there is no button.
    approve: Option<Url>,
}

/// Point the group to a page that everybody should read.
#[derive(Notification)]
#[dingtalk(link(title = "{headline}", text = "{summary}\n{tags}", url = "{page}", picture = "{picture}"))]
#[dingtalk(tool(when = "there is a page to read"))]
struct PageToRead {
    /// Subject of the page.
    #[dingtalk(length(..=40))]
    headline: String,
    /// Summary of the page.
    #[dingtalk(length(..=200))]
    summary: String,
    /// Subjects of the page.
    #[dingtalk(line = "#{}", length(..=10), max_items = 2)]
    tags: Vec<String>,
    /// Page to read.
    page: Url,
    /// Picture of the page.
    picture: Option<Url>,
}

/// Keep the group informed of what an experiment measures.
#[derive(Notification)]
#[dingtalk(markdown(title = "Measured"))]
#[dingtalk(tool(when = "an experiment has ended"))]
struct Measured {
    /// Measured quantity.
    #[dingtalk(line = "## {}", length(..=40))]
    what: String,
    /// The values in order.
    #[dingtalk(line = "1. {:.2}", range(-1.5..), max_items = 5)]
    values: Vec<f64>,
    /// Bits that were set.
    #[dingtalk(line = "> {:#010b}")]
    bits: Option<i64>,
    /// Participants, by number.
    #[dingtalk(line = "- {}", max_items = 3)]
    people: Vec<Mobile>,
}

/// Announce when a service is out of order, and for how long.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "Maintenance from {begin}",
    text = "
        **{begin}** for {pause}, {size} of {rows:.1} rows, announced {delay} before
        {ends}
        {took}
        [Log](https://example.com/{size}?from={begin}&for={pause}&day={day})
    ",
))]
#[dingtalk(tool(when = "a maintenance is planned"))]
struct Maintenance {
    /// Begin of the maintenance.
    #[dingtalk(zone = "Asia/Shanghai", example = "2026-11-29T20:05:00+08:00")]
    begin: jiff::Timestamp,
    /// Day of the announcement.
    #[dingtalk(zone = "-03:30", format = "%Y%m%d")]
    day: jiff::Timestamp,
    /// Ends of its phases.
    #[dingtalk(zone = "UTC", format = "%d日 %H:%M", line = "- {}", max_items = 3, max_shown = 1)]
    ends: Vec<jiff::Timestamp>,
    /// Time without service.
    #[dingtalk(range(1..=3600), example = 600)]
    pause: Duration,
    /// Time between announcement and begin.
    #[dingtalk(default = Duration::from_secs(90))]
    delay: Duration,
    /// Time that the last one took.
    #[dingtalk(line = "> took {}")]
    took: Option<Duration>,
    /// Size of the tables.
    #[dingtalk(format = "bytes")]
    size: i64,
    /// Number of rows, in thousands.
    #[dingtalk(format = "thousands")]
    rows: f64,
}

/// Tell the group that the nightly backup has failed.
#[derive(Notification)]
#[dingtalk(markdown(title = "Backup: {reason}", text = "**{host}**: {reason}\n{log}\n{command}\n{sizes}"))]
#[dingtalk(tool(when = "a backup has failed"))]
struct TellOfBackup {
    /// Name of the host.
    #[dingtalk(truncate = 4, unbounded)]
    host: String,
    /// Cause in one sentence.
    #[dingtalk(truncate = 6, length(..=300))]
    reason: String,
    /// Last lines that the job has written.
    #[dingtalk(line = "- {}", max_shown = 1, more = "- …{} lines *more*", truncate = 5, unbounded)]
    log: Vec<String>,
    /// Command that was run.
    #[dingtalk(line = "[{}](https://example.com)", truncate = 3, length(..=100))]
    command: Option<String>,
    /// Sizes of the parts.
    #[dingtalk(line = "{:.1} GB", max_shown = 1, max_items = 50)]
    sizes: Vec<f64>,
}

/// Offer to go back to the last release that worked.
#[derive(Notification)]
#[dingtalk(action_card(
    title = "{service} {version} fails",
    text = "
        [{service}](https://ci.example.com/{service}/{build:04}?level={level}#{version}) fails: {owners}.
        ![graph](https://ci.example.com/{build}/{service}.{version}?next={runbook})
        {steps}
        {logs}
    ",
    button("Roll back {service}", url = "https://ci.example.com/rollback?service={service}&v={version}"),
    button("Runbook", url = "dingtalk://dingtalkclient/page/link?url={runbook}&pc_slide=false"),
))]
#[dingtalk(
    urgent,
    group = "release {service}",
    digest = "{service} {version} fails ({level}, build {build:04})",
    dedupe = "same for 1h30m",
    throttle = "2 per 10m by service, level",
    tool(when = "a release fails in production")
)]
struct RollBack {
    /// Name of the service, as in the inventory.
    #[dingtalk(truncate = 3, length(..=300))]
    service: String,
    /// Release that fails, for example `1.4.0`.
    #[dingtalk(length(..=20))]
    version: String,
    /// Number of the build.
    build: i64,
    /// Severity of the failure.
    level: Severity,
    /// Page that says what to do.
    runbook: Url,
    /// Steps that fail.
    #[dingtalk(line = "- [{}](https://ci.example.com/steps/{}/log)", length(..=40), max_items = 3)]
    steps: Vec<String>,
    /// Log of the failure.
    #[dingtalk(line = "[Log](https://ci.example.com/{}.log)", length(..=40))]
    logs: Option<String>,
    /// People who may decide, by user id.
    #[dingtalk(at, max_items = 4)]
    owners: Vec<UserId>,
}

/// Tell the group which hosts do not answer, and what their last output was.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{hosts}: {severity}",
    text = "{hosts} on {owner} ({loads:.1}), **{severity}**\n{hosts}\n{page}\n{silenced}\n{log}\n{trace}\n- {notes}"
))]
#[dingtalk(
    group = "outage of {owner}",
    digest = "{hosts}: {owner}, {severity} ({loads:.1})",
    throttle = "1 per 10m by hosts, owner, severity",
    tool(when = "hosts have not answered for a minute")
)]
struct TellOfOutage {
    /// Hosts as in the inventory.
    #[dingtalk(line = "- {}", join = ", ", max_shown = 2, more = "and {} more", unbounded)]
    hosts: Vec<String>,
    /// Person who looks after them.
    #[dingtalk(else = "*nobody*", length(..=40))]
    owner: Option<String>,
    /// Load of each in the last minute.
    #[dingtalk(join = " / ", else = "no load", max_items = 9)]
    loads: Vec<f64>,
    /// Somebody must look at once.
    #[dingtalk(then = "at once", else = "by day")]
    severity: bool,
    /// Page that describes the repair.
    #[dingtalk(line = "[page]({})", else = "no page")]
    page: Option<Url>,
    /// Alerts are off.
    #[dingtalk(line = "Silenced", else = "Not silenced")]
    silenced: bool,
    /// Output of the last check.
    #[dingtalk(multiline, truncate = 20, unbounded)]
    log: String,
    /// Calls that led to the failure.
    #[dingtalk(multiline, line = "{}", else = "no trace", unbounded)]
    trace: Option<String>,
    /// Remarks by the people on call.
    #[dingtalk(join = "; ", max_items = 3, unbounded)]
    notes: Vec<Markdown>,
}

const FILE: &str = r###"
version = 1

[notifications.cpu_alert]
purpose = """
Warn the on-call group that one host's CPU
stayed above its limit for five minutes.

What follows the first paragraph is for people who read the file."""
when = "a host's CPU limit has been exceeded for minutes and a person must look"
instead = "disk_alert"
markdown = { title = "CPU {percent:.0}% on {host}", text = """
### CPU {percent:.1}% on **{host}**
{processes}
{urgent}
{runbook}
> {loads}, {host}

{note}
""" }

[[notifications.cpu_alert.fields]]
name = "host"
type = "text"
description = "Host name as in the inventory, for example `web-3`."
length = "1..=64"
example = "web-3"

[[notifications.cpu_alert.fields]]
name = "percent"
type = "number"
description = "CPU use over the last five minutes, in percent."
range = "0.0..=100.0"

[[notifications.cpu_alert.fields]]
name = "processes"
type = "text"
list = true
description = "Heaviest processes, heaviest first."
line = "- {}"
length = "..=40"
max_items = 10
example = ["nginx", "postgres"]

[[notifications.cpu_alert.fields]]
name = "runbook"
type = "url"
optional = true
description = "Page that says what to do."
line = "[Runbook]({})"

[[notifications.cpu_alert.fields]]
name = "urgent"
type = "flag"
description = "Needs attention at once."
line = "**Look now!**"

[[notifications.cpu_alert.fields]]
name = "loads"
type = "number"
description = "Average over the last minute."

[[notifications.cpu_alert.fields]]
name = "note"
type = "markdown"
description = "Known facts, as Markdown."
unbounded = true

[[notifications.cpu_alert.fields]]
name = "on_call"
type = "mobile"
list = true
at = true
description = "People to mention."

[notifications.disk_alert]
title = "Disk space alert"
purpose = "Say that a disk of one host has almost no space left."
when = "a disk is nearly full"
not_when = "the disk is broken"
destructive = false
keyword = "告警"
text = """
告警: disk {disk} of {host} is {percent:+05.1}% full {everybody}
{lead} {sectors:#x} {size:08.3e}
{reason}
{severities}
"""
fields = [
    { name = "host", type = "text", bytes = "..=32", description = "As in the inventory, for example `db-1`." },
    { name = "disk", type = "text", length = "..=20", default = "/", description = "Mount point." },
    { name = "percent", type = "integer", range = "0..=100", example = 97, description = "Used share, in percent." },
    { name = "sectors", type = "integer", default = 255, description = "Number of sectors left." },
    { name = "size", type = "number", default = 1.5, description = "Size, in bytes." },
    { name = "reason", type = "text", optional = true, line = "Reason: {}", length = "..=80", description = "Cause." },
    { name = "severities", type = "choice", list = true, line = "* {}", max_items = 3, description = "Severities, day by day.", values = [
        { value = "low", description = "Needs attention this week." },
        { value = "high", text = "严重*", description = "At once." },
    ] },
    { name = "lead", type = "user_id", optional = true, at = true, description = "Person in charge." },
    { name = "everybody", type = "flag", at_all = true, description = "The whole group must look." },
]

[notifications.maintenance]
purpose = "Announce when a service is out of order, and for how long."
when = "a maintenance is planned"
name = "send_maintenance"
fields = [
    { name = "begin", type = "time", zone = "Asia/Shanghai", example = 2026-11-29T20:05:00+08:00, description = "Begin of the maintenance." },
    { name = "day", type = "time", zone = "-03:30", format = "%Y%m%d", description = "Day of the announcement." },
    { name = "ends", type = "time", list = true, zone = "UTC", format = "%d日 %H:%M", line = "- {}", max_items = 3, max_shown = 1, description = "Ends of its phases." },
    { name = "pause", type = "duration", range = "1..=3600", example = 600, description = "Time without service." },
    { name = "delay", type = "duration", default = 90, description = "Time between announcement and begin." },
    { name = "took", type = "duration", optional = true, line = "> took {}", description = "Time that the last one took." },
    { name = "size", type = "integer", format = "bytes", description = "Size of the tables." },
    { name = "rows", type = "number", format = "thousands", description = "Number of rows, in thousands." },
]

[notifications.maintenance.markdown]
title = "Maintenance from {begin}"
text = """
**{begin}** for {pause}, {size} of {rows:.1} rows, announced {delay} before
{ends}
{took}
[Log](https://example.com/{size}?from={begin}&for={pause}&day={day})
"""

[notifications.measured]
purpose = "Keep the group informed of what an experiment measures."
when = "an experiment has ended"
markdown = { title = "Measured" }
fields = [
    { name = "what", type = "text", line = "## {}", length = "..=40", description = "Measured quantity." },
    { name = "values", type = "number", list = true, line = "1. {:.2}", range = "-1.5..", max_items = 5, description = "The values in order." },
    { name = "bits", type = "integer", optional = true, line = "> {:#010b}", description = "Bits that were set." },
    { name = "people", type = "mobile", list = true, line = "- {}", max_items = 3, description = "Participants, by number." },
]

[notifications.page_to_read]
purpose = "Point the group to a page that everybody should read."
when = "there is a page to read"
link = { title = "{headline}", text = "{summary}\n{tags}", url = "{page}", picture = "{picture}" }
fields = [
    { name = "headline", type = "text", length = "..=40", description = "Subject of the page." },
    { name = "summary", type = "text", length = "..=200", description = "Summary of the page." },
    { name = "tags", type = "text", list = true, line = "#{}", length = "..=10", max_items = 2, description = "Subjects of the page." },
    { name = "page", type = "url", description = "Page to read." },
    { name = "picture", type = "url", optional = true, description = "Picture of the page." },
]

[notifications.release]
name = "ask_for_release"
purpose = "Ask the people who may decide whether a release goes out."
when = "a release is ready"

[notifications.release.action_card]
title = "Release {version}"
text = """
### Release {version}: {severity}
{changes}
"""
buttons = [
    { label = "Approve {version}", url = "{approve}" },
    { label = "Refuse", url = "https://example.com/refuse" },
]
horizontal = true
hide_avatar = true

[[notifications.release.fields]]
name = "version"
type = "text"
length = "1..=20"
description = "Its number, for example `1.4.0`."

[[notifications.release.fields]]
name = "severity"
type = "choice"
default = "low"
description = "Risk of the release."
values = [
    { value = "low", description = "Needs attention this week." },
    { value = "high", text = "严重*", description = "At once." },
]

[[notifications.release.fields]]
name = "changes"
type = "text"
list = true
unbounded = true
line = "1. {}"
description = "Changes, one per line."

[[notifications.release.fields]]
name = "approve"
type = "url"
optional = true
description = "Page for the approval; without it, there is no button."

[notifications.roll_back]
name = "send_roll_back"
purpose = "Offer to go back to the last release that worked."
when = "a release fails in production"
urgent = true
group = "release {service}"
digest = "{service} {version} fails ({level}, build {build:04})"
dedupe = "same for 1h30m"
throttle = "2 per 10m by service, level"
fields = [
    { name = "service", type = "text", truncate = 3, length = "..=300", description = "Name of the service, as in the inventory." },
    { name = "version", type = "text", length = "..=20", description = "Release that fails, for example `1.4.0`." },
    { name = "build", type = "integer", description = "Number of the build." },
    { name = "level", type = "choice", description = "Severity of the failure.", values = [
        { value = "low", description = "Needs attention this week." },
        { value = "high", text = "严重*", description = "At once." },
    ] },
    { name = "runbook", type = "url", description = "Page that says what to do." },
    { name = "steps", type = "text", list = true, line = "- [{}](https://ci.example.com/steps/{}/log)", length = "..=40", max_items = 3, description = "Steps that fail." },
    { name = "logs", type = "text", optional = true, line = "[Log](https://ci.example.com/{}.log)", length = "..=40", description = "Log of the failure." },
    { name = "owners", type = "user_id", list = true, at = true, max_items = 4, description = "People who may decide, by user id." },
]

[notifications.roll_back.action_card]
title = "{service} {version} fails"
text = """
[{service}](https://ci.example.com/{service}/{build:04}?level={level}#{version}) fails: {owners}.
![graph](https://ci.example.com/{build}/{service}.{version}?next={runbook})
{steps}
{logs}
"""
buttons = [
    { label = "Roll back {service}", url = "https://ci.example.com/rollback?service={service}&v={version}" },
    { label = "Runbook", url = "dingtalk://dingtalkclient/page/link?url={runbook}&pc_slide=false" },
]

[notifications.tell_of_backup]
name = "send_tell_of_backup"
purpose = "Tell the group that the nightly backup has failed."
when = "a backup has failed"
markdown = { title = "Backup: {reason}", text = "**{host}**: {reason}\n{log}\n{command}\n{sizes}" }
fields = [
    { name = "host", type = "text", truncate = 4, unbounded = true, description = "Name of the host." },
    { name = "reason", type = "text", truncate = 6, length = "..=300", description = "Cause in one sentence." },
    { name = "log", type = "text", list = true, line = "- {}", max_shown = 1, more = "- …{} lines *more*", truncate = 5, unbounded = true, description = "Last lines that the job has written." },
    { name = "command", type = "text", optional = true, line = "[{}](https://example.com)", truncate = 3, length = "..=100", description = "Command that was run." },
    { name = "sizes", type = "number", list = true, line = "{:.1} GB", max_shown = 1, max_items = 50, description = "Sizes of the parts." },
]

[notifications.tell_of_outage]
name = "send_tell_of_outage"
purpose = "Tell the group which hosts do not answer, and what their last output was."
when = "hosts have not answered for a minute"
group = "outage of {owner}"
digest = "{hosts}: {owner}, {severity} ({loads:.1})"
throttle = "1 per 10m by hosts, owner, severity"
markdown = { title = "{hosts}: {severity}", text = "{hosts} on {owner} ({loads:.1}), **{severity}**\n{hosts}\n{page}\n{silenced}\n{log}\n{trace}\n- {notes}" }
fields = [
    { name = "hosts", type = "text", list = true, line = "- {}", join = ", ", max_shown = 2, more = "and {} more", unbounded = true, description = "Hosts as in the inventory." },
    { name = "owner", type = "text", optional = true, else = "*nobody*", length = "..=40", description = "Person who looks after them." },
    { name = "loads", type = "number", list = true, join = " / ", else = "no load", max_items = 9, description = "Load of each in the last minute." },
    { name = "severity", type = "flag", then = "at once", else = "by day", description = "Somebody must look at once." },
    { name = "page", type = "url", optional = true, line = "[page]({})", else = "no page", description = "Page that describes the repair." },
    { name = "silenced", type = "flag", line = "Silenced", else = "Not silenced", description = "Alerts are off." },
    { name = "log", type = "text", multiline = true, truncate = 20, unbounded = true, description = "Output of the last check." },
    { name = "trace", type = "text", optional = true, multiline = true, line = "{}", else = "no trace", unbounded = true, description = "Calls that led to the failure." },
    { name = "notes", type = "markdown", list = true, join = "; ", max_items = 3, unbounded = true, description = "Remarks by the people on call." },
]
"###;

/// In the order of the file, which is sorted by name.
fn derived() -> Vec<ToolType> {
    tools![
        CpuAlert,
        DiskAlert,
        Maintenance,
        Measured,
        PageToRead,
        Release,
        RollBack,
        TellOfBackup,
        TellOfOutage
    ]
    .into()
}

fn declared() -> Vec<ToolType> {
    Config::parse(FILE).unwrap().notifications
}

#[test]
fn the_definitions_are_equal() {
    let deployments = [
        Deployment::new(),
        Deployment::new()
            .max_mentions(Some(3))
            .people([("on_call".to_owned(), dingtalk_core::tool::PersonKind::Number)]),
    ];
    for deployment in deployments {
        let [derived, declared] = [derived(), declared()].map(|tools| {
            let set = ToolSet::new(tools).unwrap();
            let definitions = deployment.definitions(&set);
            let lints: Vec<String> = deployment.lint(&set).iter().map(ToString::to_string).collect();
            (serde_json::to_string_pretty(&definitions).unwrap(), lints)
        });
        assert_eq!(derived, declared);
    }
}

/// Texts that a template must not take literally, and values of every type.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9-]{1,12}",
        "\\PC{0,70}",
        select(vec![
            "",
            " ",
            "*b* _i_",
            "a\nb\r\n- c",
            "[x](y)",
            "`code`",
            "# h",
            "low",
            "high",
            "hihg",
            "1. x",
            "<b>",
            "https://example.com/a(1)",
            "javascript:x",
            "13800000000",
            "+852-12345678",
            "Zhang San",
            "u_1",
            "[\"a\", \"b\"]",
            "## Blocks\n\n- of\n- Markdown",
        ])
        .prop_map(str::to_owned),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => (-200i64..200).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        2 => (-200.0..200.0f64).prop_map(|number| json!(number)),
        1 => Just(json!(3.0)),
        1 => Just(json!(u64::MAX)),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => scalar(),
        2 => vec(scalar(), 0..5).prop_map(Value::Array),
        1 => Just(json!({"label": "x"})),
    ]
}

/// A value that is usually valid for the parameter.
fn fitting(name: &str, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(values) = schema["enum"].as_array() {
        return select(values.clone()).boxed();
    }
    if schema["format"] == "date-time" {
        let times =
            vec!["2026-11-29T20:05:00+08:00", "1969-12-31t23:59:59.5z", "2026-11-29", "2016-12-31T23:59:60Z"];
        return select(times).prop_map(Value::from).boxed();
    }
    match schema["type"].as_str() {
        Some("integer") => (0i64..=100).prop_map(Value::from).boxed(),
        Some("number") => (0.0..=100.0f64).prop_map(|number| json!(number)).boxed(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("array") => vec(fitting(name, &schema["items"]), 0..=2).prop_map(Value::Array).boxed(),
        _ => {
            let most = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok());
            let words = text().prop_map(move |text| text.chars().take(most.unwrap_or(10)).collect());
            let known: Option<&[&str]> = match name {
                "page" | "picture" | "runbook" | "approve" => {
                    Some(&["https://example.com/a(1)", "dingtalk://x?a=b&copy;", "HTTP://e.com/_a_"])
                }
                "on_call" | "people" => Some(&["13800000000", "+86 139 0000 0000", "+852-12345678"]),
                "lead" => Some(&["u_1", "*manager*"]),
                _ => None,
            };
            match known {
                Some(known) => prop_oneof![
                    20 => select(known.to_vec()).prop_map(Value::from),
                    1 => text().prop_map(Value::from),
                ]
                .boxed(),
                None => {
                    prop_oneof![20 => words, 1 => text()].prop_map(|text: String| Value::from(text)).boxed()
                }
            }
        }
    }
}

/// A tool by its index, and arguments each of which is missing, valid or arbitrary.
fn calls() -> impl Strategy<Value = (usize, Map<String, Value>)> {
    let set = ToolSet::new(derived()).unwrap();
    let properties: Vec<Map<String, Value>> = set
        .iter()
        .map(|tool| tool.spec().input_schema()["properties"].as_object().unwrap().clone())
        .collect();
    (0..properties.len()).prop_flat_map(move |tool| {
        let arguments: Vec<BoxedStrategy<Option<(String, Value)>>> = properties[tool]
            .iter()
            .map(|(name, schema)| {
                let named = |name: String| move |value| Some((name.clone(), value));
                prop_oneof![
                    20 => fitting(name, schema).prop_map(named(name.clone())),
                    1 => anything().prop_map(named(name.clone())),
                    1 => Just(None),
                ]
                .boxed()
            })
            .chain([prop_oneof![20 => Just(None), 1 => Just(Some(("hots".to_owned(), json!(1))))].boxed()])
            .collect();
        arguments.prop_map(move |arguments| (tool, arguments.into_iter().flatten().collect()))
    })
}

/// The delivery options of an envelope, as texts. Keys begin with the name of the type or of the tool.
fn options(envelope: &Envelope) -> (Urgency, [Option<String>; 4]) {
    let Envelope { urgency, group, digest_line, dedupe, throttle, .. } = envelope;
    let values = |key: &str| key.split_once(' ').map_or_else(String::new, |(_, values)| values.to_owned());
    let dedupe = dedupe.as_ref().map(|rule| format!("{} for {:?}", values(&rule.key), rule.span));
    let throttle =
        throttle.as_ref().map(|rule| format!("{} per {:?} by {}", rule.limit, rule.span, values(&rule.key)));
    (*urgency, [group.clone(), digest_line.clone(), dedupe, throttle])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_messages_and_the_faults_are_equal((tool, arguments) in calls()) {
        thread_local! {
            static TOOLS: (Vec<ToolType>, Vec<ToolType>) = (derived(), declared());
        }
        TOOLS.with(|(derived, declared)| {
            let one = derived[tool].message(&arguments);
            let other = declared[tool].message(&arguments);
            prop_assert_eq!(&one, &other);
            let wire = |message| serde_json::to_vec(&WireMessage::new(message)).unwrap();
            if let (Ok(one), Ok(other)) = (one, other) {
                prop_assert_eq!(wire(one), wire(other));
                let [one, other] = [derived, declared].map(|tools| tools[tool].envelope(&arguments).unwrap());
                prop_assert_eq!(options(&one), options(&other));
            }
            Ok(())
        })?;
    }
}

#[test]
fn both_valid_and_invalid_calls_are_tested() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = calls();
    let tools = derived();
    let (mut sent, mut refused) = (vec![0; tools.len()], vec![0; tools.len()]);
    for _ in 0..1000 {
        let (tool, arguments) = strategy.new_tree(&mut runner).unwrap().current();
        match tools[tool].message(&arguments) {
            Ok(_) => sent[tool] += 1,
            Err(_) => refused[tool] += 1,
        }
    }
    assert!(sent.iter().chain(&refused).all(|calls| *calls >= 10), "sent {sent:?}, refused {refused:?}");
}
