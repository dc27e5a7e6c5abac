//! The notifications that the demo sends.

use dingtalk_core::{
    Message, Mobile, Notification, ParseMobileError, ParseUrlError, Url,
    message::{Button, Buttons, FeedItem},
};

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
pub(crate) struct CpuAlert {
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

/// Say that a nightly backup is done.
#[derive(Notification)]
#[dingtalk(text("备份完成 Backup of {database} finished: {size_mb:.1} MB in {seconds} s"))]
pub(crate) struct BackupFinished {
    database: String,
    size_mb: f64,
    seconds: u32,
}

impl CpuAlert {
    pub(crate) fn example() -> Result<Self, Box<dyn std::error::Error>> {
        let (runbook, on_call) = (Url::new("https://example.com/runbooks/cpu")?, Mobile::new("13800000000")?);
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
    pub(crate) fn example() -> Self {
        Self { database: "orders_2026".to_owned(), size_mb: 1834.5, seconds: 412 }
    }
}

/// One message of each type that has no derive yet.
pub(crate) fn cards() -> Result<[Message; 3], ParseUrlError> {
    let page = |path: &str| Url::new(format!("https://example.com/{path}"));
    let choices = vec![Button::new("Approve", page("approve")?), Button::new("Reject", page("reject")?)];
    let news = |title: &str, path: &str| Ok(FeedItem::new(title, page(path)?, page(&format!("{path}.png"))?));
    Ok([
        Message::link(
            "Release 1.4 is out",
            "Faster start, and a chat view for tests.",
            page("releases/1.4")?,
        ),
        Message::action_card(
            "Deploy 1.4?",
            "### Deploy 1.4 to production?\n\n- 12 commits\n- all checks passed",
            Buttons::Several(choices),
        ),
        Message::feed_card([news("This week in operations", "week-47")?, news("Capacity plan", "capacity")?]),
    ])
}

/// What the MCP client asks the server to send.
pub(crate) fn agent_call() -> Result<serde_json::Value, ParseMobileError> {
    let mention = Mobile::new("13900000000")?;
    Ok(serde_json::json!({
        "title": "A message from an agent",
        "text": "### 你好，DingTalk\n\nSent by an **MCP client** through _send_markdown_message_.",
        "atMobiles": [mention.as_str()],
    }))
}
