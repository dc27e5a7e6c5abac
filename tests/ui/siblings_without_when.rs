use dingtalk_core::{Notification, tool::ToolSet, tools};

/// Warn that a host does not answer.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(when = "a host is down"))]
struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

/// Warn that a disk has no space left.
#[derive(Notification)]
#[dingtalk(text("{host} has no space left"), tool(instead = HostDown))]
struct DiskFull {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {
    let _ = ToolSet::new(tools![HostDown, DiskFull]);
}
