use dingtalk_core::{Mobile, Notification};

/// Warn the on-call group that a host does not answer.
#[derive(Notification)]
#[dingtalk(
    markdown(title = "{host} is down", text = "{host} is down for {minutes} min\n{notes}\n{causes}"),
    tool
)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64), unbounded)]
    host: String,
    /// Time since the last answer.
    #[dingtalk(unbounded)]
    minutes: u32,
    /// Known facts, newest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 3, unbounded)]
    notes: Vec<String>,
    /// All possible causes, likeliest first.
    #[dingtalk(line = "> {}", length(..=40), unbounded)]
    causes: Vec<String>,
    /// People to mention.
    #[dingtalk(at, unbounded)]
    on_call: Vec<Mobile>,
    #[dingtalk(skip, unbounded, rename = "attempts")]
    tries: String,
}

fn main() {}
