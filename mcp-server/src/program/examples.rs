//! Notifications for the demo.

use dingtalk_core::{
    FeedItem, Mobile, Notification, Url,
    message::{ParseMobileError, ParseUrlError},
};
use serde_json::{Map, Value, json};

/// Mobile number of the person whom the examples mention.
pub(super) const ON_CALL: &str = "13800000000";

/// Warn the on-call group that one host's CPU stayed above its limit for five minutes.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        {processes}
        {runbook}
    ",
))]
struct CpuAlert {
    #[dingtalk(length(1..=64))]
    host: String,
    #[dingtalk(range(0..=100))]
    percent: f64,
    #[dingtalk(line = "- {}", length(..=40), max_items = 10)]
    processes: Vec<String>,
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}

/// Report that a nightly backup is finished.
#[derive(Notification)]
#[dingtalk(text("备份完成 Backup of {database} finished: {size_mb:.1} MB in {seconds} s"))]
struct BackupFinished {
    database: String,
    size_mb: f64,
    seconds: u32,
}

impl CpuAlert {
    fn example() -> Result<Self, Box<dyn std::error::Error>> {
        let (runbook, on_call) = (Url::new("https://example.com/runbooks/cpu")?, Mobile::new(ON_CALL)?);
        Ok(Self {
            host: "web-3".to_owned(),
            percent: 97.25,
            processes: ["nginx: worker", "backup *nightly*", "cc1plus_O2"].map(str::to_owned).to_vec(),
            runbook: Some(runbook),
            on_call: vec![on_call],
        })
    }
}

impl BackupFinished {
    fn example() -> Self {
        Self { database: "orders_2026".to_owned(), size_mb: 1834.5, seconds: 412 }
    }
}

/// Announce a release.
#[derive(Notification)]
#[dingtalk(link(title = "Release {version} is out", text = "{summary}", url = "{notes}"))]
struct ReleasePublished {
    version: &'static str,
    summary: &'static str,
    notes: Url,
}

/// Ask for approval to deploy a version to production.
#[derive(Notification)]
#[dingtalk(action_card(
    title = "Deploy {version}?",
    text = "
        ### Deploy {version} to production?
        {facts}
    ",
    button("Approve", url = "{approve}"),
    button("Reject", url = "{reject}"),
))]
struct DeployApproval {
    version: &'static str,
    #[dingtalk(line = "- {}")]
    facts: Vec<&'static str>,
    approve: Url,
    reject: Url,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "{picture}"))]
struct News {
    headline: &'static str,
    page: Url,
    picture: Url,
}

/// Show the news of a week.
#[derive(Notification)]
#[dingtalk(feed_card(items = news))]
struct WeeklyNews {
    news: Vec<News>,
}

/// Returns one notification of each type, in the order of sending.
pub(super) fn all() -> Result<Vec<Box<dyn Notification>>, Box<dyn std::error::Error>> {
    let page = |path: &str| Url::new(format!("https://example.com/{path}"));
    let news = |headline, path: &str| {
        Ok::<_, ParseUrlError>(News { headline, page: page(path)?, picture: page(&format!("{path}.png"))? })
    };
    Ok(vec![
        Box::new(BackupFinished::example()),
        Box::new(CpuAlert::example()?),
        Box::new(ReleasePublished {
            version: "1.4",
            summary: "Faster start, and a chat view for tests.",
            notes: page("releases/1.4")?,
        }),
        Box::new(DeployApproval {
            version: "1.4",
            facts: vec!["12 commits", "all checks passed"],
            approve: page("approve")?,
            reject: page("reject")?,
        }),
        Box::new(WeeklyNews {
            news: vec![news("This week in operations", "week-47")?, news("Capacity plan", "capacity")?],
        }),
    ])
}

/// Returns the arguments of the MCP client's call.
pub(super) fn agent_call() -> Result<Map<String, Value>, ParseMobileError> {
    let mention = Mobile::new("13900000000")?;
    Ok(Map::from_iter([
        ("title".to_owned(), json!("A message from an agent")),
        (
            "text".to_owned(),
            json!("### 你好，DingTalk\n\nSent by an **MCP client** through _send_markdown_message_."),
        ),
        ("atMobiles".to_owned(), json!([mention.as_str()])),
    ]))
}
