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
    /// Urgency of the incident.
    #[dingtalk(example = "hihg")]
    severity: Severity,
    /// Earlier urgencies, newest first.
    #[dingtalk(line = "- {}", max_items = 3, example = ["low", "Critical"])]
    others: Vec<Severity>,
    /// Lowest possible urgency.
    #[dingtalk(default = "none")]
    least: Severity,
}

fn main() {}
