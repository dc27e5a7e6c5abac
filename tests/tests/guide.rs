//! The types of docs/guide.md, and the messages that they send.
//!
//! The guide shows regions of this file and the rendered messages: a block of the guide below
//! `<!-- code: name -->` is the region of that name here, a block below `<!-- text: name -->`,
//! `<!-- markdown: name -->` or `<!-- json: name -->` the message of that name. `UPDATE_EXPECT=1` generates
//! the blocks anew; the prose between them is the guide's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

// guide: use for times
use std::time::{Duration, SystemTime, UNIX_EPOCH};
// guide: end

use dingtalk_core::message::WireMessage;
use dingtalk_sandbox::Gallery;
use expect_test::expect_file;

// guide: use
use dingtalk_core::{Choice, FeedItem, Mobile, Notification, Url, UserId};
// guide: end

// guide: use for sending
use dingtalk_core::{
    Deliver, DeliverExt, Error, ErrorKind, Message, Robot, Stub,
    delivery::{Language, Retry},
    message::Preview,
};
use dingtalk_sandbox::{Fault, Sandbox, gallery};
// guide: end

/// A message of the guide, or the error of building it.
type Shown = Result<Message, Box<dyn std::error::Error>>;

// guide: backup
#[derive(Notification)]
#[dingtalk(text("Backup of {database} finished: {gigabytes:.1} GB in {minutes} min"))]
struct BackupFinished {
    database: String,
    gigabytes: f64,
    minutes: u32,
}
// guide: end

fn backup() -> Shown {
    // guide: backup value
    let finished = BackupFinished { database: "orders".into(), gigabytes: 48.3, minutes: 7 };
    // guide: end
    Ok(finished.message()?)
}

// guide: export
#[derive(Notification)]
#[dingtalk(text("{rows} rows ({size}) exported at {at} in {took}"))]
struct Exported {
    #[dingtalk(format = "thousands")]
    rows: u64,
    #[dingtalk(format = "bytes")]
    size: u64,
    #[dingtalk(zone = "Asia/Shanghai")]
    at: SystemTime,
    took: Duration,
}
// guide: end

fn export() -> Shown {
    // guide: export value
    let exported = Exported {
        rows: 1_234_567,
        size: 1_610_612_736,
        at: UNIX_EPOCH + Duration::from_secs(1_795_953_900),
        took: Duration::from_secs(3900),
    };
    // guide: end
    Ok(exported.message()?)
}

// guide: disk
#[derive(Notification)]
#[dingtalk(text("Disk {disk} of {host} is {percent}% full"))]
struct DiskAlert {
    host: String,
    disk: String,
    #[dingtalk(range(0..=100))]
    percent: u8,
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}
// guide: end

fn disk() -> Shown {
    // guide: disk value
    let alert = DiskAlert {
        host: "db-1".into(),
        disk: "/var/lib".into(),
        percent: 97,
        on_call: vec![Mobile::new("138 0000 0000")?],
    };
    // guide: end
    Ok(alert.message()?)
}

// guide: cpu
#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        {processes}
        {note}

        [Dashboard]({dashboard})
    ",
))]
struct CpuAlert {
    #[dingtalk(length(1..=64))]
    host: String,
    #[dingtalk(range(0..=100))]
    percent: f64,
    #[dingtalk(line = "- {}", length(..=40), max_items = 5)]
    processes: Vec<String>,
    #[dingtalk(line = "> {}")]
    note: Option<String>,
    dashboard: Url,
}
// guide: end

fn cpu() -> Shown {
    // guide: cpu value
    let alert = CpuAlert {
        host: "web-3".into(),
        percent: 97.3,
        processes: vec!["nginx".into(), "backup *nightly*".into()],
        note: None,
        dashboard: Url::new("https://example.com/hosts/web-3")?,
    };
    // guide: end
    Ok(alert.message()?)
}

// guide: build
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{project} #{number} {result}",
        text = "
            **{project}** build {number} {result}
            {deployed}

            {failures}
        ",
    ),
    with(result = if failures.is_empty() { "passed" } else { "failed" })
)]
struct BuildFinished {
    project: String,
    number: u32,
    #[dingtalk(line = "It is on staging now.")]
    deployed: bool,
    #[dingtalk(line = "- {}")]
    failures: Vec<String>,
}
// guide: end

fn passed() -> Shown {
    // guide: passed value
    let passed = BuildFinished { project: "orders".into(), number: 812, deployed: true, failures: vec![] };
    // guide: end
    Ok(passed.message()?)
}

fn failed() -> Shown {
    // guide: failed value
    let failed = BuildFinished {
        project: "orders".into(),
        number: 813,
        deployed: false,
        failures: vec!["refund_twice".into(), "vat::rounds_half_up".into()],
    };
    // guide: end
    Ok(failed.message()?)
}

// guide: release
#[derive(Notification)]
#[dingtalk(link(
    title = "{name} {version} is out",
    text = "{summary}",
    url = "{notes}",
    picture = "https://example.com/logo.png",
))]
struct Released {
    name: String,
    version: String,
    summary: String,
    notes: Url,
}
// guide: end

fn release() -> Shown {
    // guide: release value
    let released = Released {
        name: "orders".into(),
        version: "1.4".into(),
        summary: "Exports are twice as fast.".into(),
        notes: Url::new("https://example.com/orders/1.4")?,
    };
    // guide: end
    Ok(released.message()?)
}

// guide: approval
#[derive(Notification)]
#[dingtalk(action_card(
    title = "Deploy {service} {version}?",
    text = "
        ### Deploy {service} {version}?
        {changes}

        Asked for by {author}
    ",
    button("Approve", url = "{approve}"),
    button("Changes", url = "{diff}"),
    horizontal,
))]
struct Approval {
    service: String,
    version: String,
    author: String,
    #[dingtalk(line = "- {}")]
    changes: Vec<String>,
    approve: Url,
    diff: Option<Url>,
}
// guide: end

fn approval() -> Shown {
    // guide: approval value
    let approval = Approval {
        service: "orders".into(),
        version: "1.4".into(),
        author: "李雷".into(),
        changes: vec!["faster exports".into(), "fewer retries".into()],
        approve: Url::new("https://example.com/approve/17")?,
        diff: Some(Url::new("https://example.com/diff/17")?),
    };
    // guide: end
    Ok(approval.message()?)
}

// guide: news
#[derive(FeedItem)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "{picture}"))]
struct Story {
    #[dingtalk(length(1..=60))]
    headline: String,
    page: Url,
    picture: Url,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = stories))]
struct News {
    #[dingtalk(max_items = 8)]
    stories: Vec<Story>,
}
// guide: end

fn news() -> Shown {
    // guide: news value
    let news = News {
        stories: vec![
            Story {
                headline: "We moved to a new office".into(),
                page: Url::new("https://example.com/news/office")?,
                picture: Url::new("https://example.com/news/office.png")?,
            },
            Story {
                headline: "Orders 1.4 is out".into(),
                page: Url::new("https://example.com/orders/1.4")?,
                picture: Url::new("https://example.com/logo.png")?,
            },
        ],
    };
    // guide: end
    Ok(news.message()?)
}

// guide: incident
#[derive(Choice)]
enum Severity {
    #[dingtalk(text("⚠️ minor"))]
    Minor,
    #[dingtalk(text("🚨 critical"))]
    Critical,
}

#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{severity}: {summary}",
        text = "
            ### {severity}: {summary}
            {count} services for {hours:.1} h, first **{first}**
            {services}
        ",
    ),
    with(
        count = services.len(),
        first = services.first().map_or("none", String::as_str),
        hours = f64::from(*minutes) / 60.0,
    )
)]
struct Incident {
    severity: Severity,
    summary: String,
    minutes: u32,
    #[dingtalk(line = "- {}")]
    services: Vec<String>,
}
// guide: end

fn incident() -> Shown {
    // guide: incident value
    let incident = Incident {
        severity: Severity::Critical,
        summary: "orders are lost".into(),
        minutes: 95,
        services: vec!["checkout".into(), "order_mail".into()],
    };
    // guide: end
    Ok(incident.message()?)
}

// guide: handover
#[derive(Notification)]
#[dingtalk(text("{next} is on call until {until}\n{open}"))]
struct HandOver {
    #[dingtalk(at)]
    next: UserId,
    until: String,
    #[dingtalk(line = "- still open: {}")]
    open: Vec<String>,
    #[dingtalk(at_all)]
    tell_everybody: bool,
}
// guide: end

fn handover() -> Shown {
    // guide: handover value
    let handover = HandOver {
        next: UserId::new("hanmeimei")?,
        until: "Monday, 09:00".into(),
        open: vec!["replica lag on db-2".into()],
        tell_everybody: true,
    };
    // guide: end
    Ok(handover.message()?)
}

// guide: deployment
#[derive(Notification)]
#[dingtalk(keyword = "deploy")]
enum Deployment {
    #[dingtalk(text("deploy of {service} {version} began"))]
    Began { service: String, version: String },
    #[dingtalk(markdown(title = "deploy of {service} failed", text = "**{service}**: {reason}"))]
    Failed {
        service: String,
        reason: String,
        #[dingtalk(at)]
        owner: Option<Mobile>,
    },
    #[dingtalk(action_card(
        title = "deploy of {service} is done",
        text = "**{service} {version}** is live",
        button("Roll back", url = "https://ci.example.com/rollback?service={service}&v={version}"),
    ))]
    Done { service: String, version: String },
}
// guide: end

fn began() -> Shown {
    // guide: began value
    let began = Deployment::Began { service: "orders".into(), version: "1.4".into() };
    // guide: end
    Ok(began.message()?)
}

fn deploy_failed() -> Shown {
    // guide: deploy failed value
    let failed = Deployment::Failed {
        service: "orders".into(),
        reason: "2 of 3 hosts did not answer".into(),
        owner: Some(Mobile::new("+852-12345678")?),
    };
    // guide: end
    Ok(failed.message()?)
}

fn done() -> Shown {
    // guide: done value
    let done = Deployment::Done { service: "orders".into(), version: "1.4".into() };
    // guide: end
    Ok(done.message()?)
}

/// Every message of the guide, by name.
fn messages() -> Vec<(&'static str, Message)> {
    let all = [
        ("backup", backup()),
        ("export", export()),
        ("disk", disk()),
        ("cpu", cpu()),
        ("passed", passed()),
        ("failed", failed()),
        ("release", release()),
        ("approval", approval()),
        ("news", news()),
        ("incident", incident()),
        ("handover", handover()),
        ("began", began()),
        ("deploy failed", deploy_failed()),
        ("done", done()),
    ];
    all.into_iter().map(|(name, shown)| (name, shown.unwrap())).collect()
}

// guide: check_disk
/// Sends through any `Deliver`: a robot in the service, a stub in its tests.
async fn check_disk(robot: &dyn Deliver, percent: u8) -> Result<(), Error> {
    if percent > 90 {
        let alert = DiskAlert { host: "db-1".into(), disk: "/var/lib".into(), percent, on_call: vec![] };
        robot.send(&alert).await?;
    }
    Ok(())
}
// guide: end

// guide: stub
#[tokio::test]
async fn a_full_disk_is_announced_once() {
    let robot = Stub::new();
    check_disk(&robot, 42).await.unwrap();
    check_disk(&robot, 97).await.unwrap();
    let sent = robot.envelopes();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].message, Message::text("Disk /var/lib of db-1 is 97% full"));
}

#[tokio::test]
async fn a_failure_is_not_swallowed() {
    let robot = Stub::new();
    robot.fail_next(Error::new(ErrorKind::RobotStopped, ""));
    let error = check_disk(&robot, 97).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RobotStopped);
}
// guide: end

// guide: transcript
#[tokio::test]
async fn alerts_read_well() {
    let robot = Stub::new();
    check_disk(&robot, 97).await.unwrap();
    check_disk(&robot, 99).await.unwrap();
    let expected = "\
=== 1 (text)

Disk /var/lib of db-1 is 97% full

=== 2 (text)

Disk /var/lib of db-1 is 99% full
";
    assert_eq!(robot.transcript(), expected);
}
// guide: end

// guide: preview
#[test]
fn all_notifications_read_well() {
    let preview = Preview::new()
        .with(&BackupFinished { database: "orders".into(), gigabytes: 48.3, minutes: 7 })
        .with(&CpuAlert {
            host: "web-3".into(),
            percent: 97.3,
            processes: vec!["nginx".into(), "backup *nightly*".into()],
            note: None,
            dashboard: Url::new("https://example.com/hosts/web-3").unwrap(),
        });
    let expected = "\
=== BackupFinished (text)

Backup of orders finished: 48.3 GB in 7 min

=== CpuAlert (markdown)

[CPU 97% on web-3]

CPU 97.3% on web-3

- nginx
- backup *nightly*

Dashboard (https://example.com/hosts/web-3)
";
    assert_eq!(preview.to_string(), expected);
}
// guide: end

// guide: gallery
#[test]
fn all_notifications_look_well() {
    let gallery = gallery!(
        "ops",
        BackupFinished { database: "orders".into(), gigabytes: 48.3, minutes: 7 },
        DiskAlert { host: "db-1".into(), disk: "/var/lib".into(), percent: 97, on_call: vec![] },
    );
    gallery.expect_file("golden/notifications.txt");
}
// guide: end

// guide: sandbox
#[tokio::test]
async fn a_strict_robot_accepts_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).build().unwrap();
    check_disk(&robot, 97).await.unwrap();
    assert_eq!(sandbox.accepted().len(), 1);

    sandbox.fault_next(1, Fault::Throttle);
    assert_eq!(check_disk(&robot, 97).await.unwrap_err().retry(), Retry::AfterRest);
}
// guide: end

// guide: errors
fn report(error: &Error) -> String {
    if let Some(invalid) = error.invalid() {
        // The program's own values are invalid, and nothing was sent. Each fault has a path and a constraint.
        let faults = invalid.faults().iter().map(|fault| format!("{}: {}", fault.path, fault.rule));
        return faults.collect::<Vec<_>>().join("\n");
    }
    let what_to_do = error.advice(Language::En);
    match error.retry() {
        Retry::Safe | Retry::AfterRest => format!("not sent, can be sent later: {what_to_do}"),
        Retry::SameId => format!("may have arrived as {:?}: {what_to_do}", error.id()),
        _ => format!("must be fixed first: {what_to_do}"),
    }
}
// guide: end

#[tokio::test]
async fn errors_are_reported() {
    let robot = Stub::new();
    let wrong = DiskAlert { host: "db-1".into(), disk: "/var/lib".into(), percent: 120, on_call: vec![] };
    let error = robot.send(&wrong).await.unwrap_err();
    assert_eq!(report(&error), "percent: must be 0 to 100");
    assert!(robot.envelopes().is_empty());
    assert!(report(&Error::new(ErrorKind::Throttled, "")).starts_with("not sent, can be sent later: "));
    let unknown = Error::new(ErrorKind::Unknown, "").with_id("42");
    assert!(report(&unknown).starts_with("may have arrived as Some(\"42\"): "));
    assert!(report(&Error::new(ErrorKind::Keyword, "")).starts_with("must be fixed first: "));
}

/// The disk alert again, as a tool for agents.
mod served {
    use dingtalk_core::{Mobile, Notification, Robot, tool::ToolSet, tools};
    use dingtalk_notify::Deployment;

    // guide: tool
    /// Warn the on-call group that a disk is nearly full.
    #[derive(Notification)]
    #[dingtalk(
        text("Disk {disk} of {host} is {percent}% full"),
        tool(title = "Disk alert", when = "a disk is nearly full and a person must make room")
    )]
    struct DiskAlert {
        /// Host name as in the inventory, for example `db-1`.
        #[dingtalk(length(1..=64))]
        host: String,
        /// Mount point, for example `/var/lib`.
        #[dingtalk(length(1..=64))]
        disk: String,
        /// Used space, in percent.
        #[dingtalk(range(0..=100))]
        percent: u8,
        /// Mobile numbers of the people to mention.
        #[dingtalk(at)]
        on_call: Vec<Mobile>,
    }
    // guide: end

    /// Name and description of the tool, as an agent reads them.
    pub(super) fn description() -> String {
        let set = ToolSet::new(tools![DiskAlert]).unwrap();
        let definition = Deployment::new().definitions(&set).remove(0);
        format!("{}\n\n{}", definition.name, definition.description)
    }

    #[expect(dead_code, reason = "it would serve the test's own stdin")]
    // guide: serve
    async fn serve() -> Result<(), Box<dyn std::error::Error>> {
        let robot = Robot::from_env()?;
        let server = dingtalk_notify::Server::builder(robot).tools(tools![DiskAlert]).build()?;
        server.serve_stdio().await?;
        Ok(())
    }
    // guide: end
}

#[test]
fn the_guide_is_up_to_date() {
    expect_file!["../../docs/guide.md"].assert_eq(&with_blocks(include_str!("../../docs/guide.md")));
}

#[tokio::test]
async fn the_sandbox_accepts_every_message() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).build().unwrap();
    for (name, message) in messages() {
        let sent = robot.send(&message).await;
        assert!(sent.is_ok(), "{name}: {sent:?}");
    }
    assert_eq!(sandbox.accepted().len(), messages().len());
}

#[test]
fn the_gallery_shows_every_message() {
    let mut gallery = Gallery::new("ops").person("13800000000", "Li Na");
    for (name, message) in messages() {
        gallery = gallery.with_message(name, "", "", Ok(message));
    }
    let outline = gallery.outline();
    assert_eq!(outline.lines().filter(|line| line.starts_with("# ")).count(), messages().len());
    assert!(!outline.contains("(invalid)"));
    // The picture of the guide is made of this page: tests/browser/run.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/guide.html"), gallery.html()).unwrap();
}

#[test]
fn the_guide_shows_every_message() {
    let guide = include_str!("../../docs/guide.md");
    for (name, _) in messages() {
        let shown = ["text", "markdown", "json"].map(|kind| format!("<!-- {kind}: {name} -->"));
        assert!(shown.iter().any(|marker| guide.contains(marker)), "{name} is not in the guide");
    }
}

/// The guide, with the blocks after its markers generated anew.
fn with_blocks(guide: &str) -> String {
    let mut written = String::new();
    let mut block: Option<String> = None;
    let mut in_block = false;
    for line in guide.lines() {
        let fence = line.starts_with("```");
        if in_block && !fence {
            continue;
        }
        written.push_str(line);
        written.push('\n');
        in_block = fence && block.is_some();
        if let Some(content) = block.take_if(|_| fence) {
            written.push_str(content.trim_end());
            written.push('\n');
        } else if let Some(marker) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            let (kind, name) = marker.split_once(": ").expect("a marker is a kind and a name");
            block = Some(content(kind, name));
        }
    }
    written
}

/// Content of the block of this kind and name.
fn content(kind: &str, name: &str) -> String {
    if kind == "code" {
        return region(name);
    }
    if kind == "description" {
        return served::description();
    }
    let message = messages().into_iter().find(|(known, _)| *known == name);
    let (_, message) = message.unwrap_or_else(|| panic!("unknown message {name:?}"));
    match (kind, message) {
        ("text", Message::Text(text)) => text.content,
        ("markdown", Message::Markdown(markdown)) => format!("{}\n\n{}", markdown.title, markdown.text),
        ("json", message) => serde_json::to_string_pretty(&WireMessage::new(message)).unwrap(),
        (_, message) => panic!("{name:?} is a {} message, not {kind:?}", message.kind()),
    }
}

/// The lines between `// guide: name` and `// guide: end`, without their common indentation.
fn region(name: &str) -> String {
    let begin = format!("// guide: {name}");
    let lines = include_str!("guide.rs").lines();
    let lines: Vec<&str> = lines
        .skip_while(|line| line.trim() != begin)
        .skip(1)
        .take_while(|line| line.trim() != "// guide: end")
        .collect();
    assert!(!lines.is_empty(), "unknown region {name:?}");
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.is_empty()).map(indentation).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
