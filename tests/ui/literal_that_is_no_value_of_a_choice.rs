use dingtalk_core::{Choice, Notification};

#[derive(Choice)]
enum Severity {
    Low,
    High,
    Critical,
}

/// Warn the on-call group that a host does not answer.
#[derive(Notification)]
#[dingtalk(markdown(title = "{severity}", text = "{others}\n{least}"), tool)]
struct HostDown {
    /// How soon somebody must look.
    #[dingtalk(example = "hihg")]
    severity: Severity,
    /// What it was before, newest first.
    #[dingtalk(line = "- {}", max_items = 3, example = ["low", "Critical"])]
    others: Vec<Severity>,
    /// The least that it can become.
    #[dingtalk(default = "none")]
    least: Severity,
}

fn main() {}
