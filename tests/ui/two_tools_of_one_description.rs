use dingtalk_core::{Notification, tool::ToolSet, tools};

/// Warn the on-call group.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(when = "a host is down"))]
struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

/// Warn the on-call group.
#[derive(Notification)]
#[dingtalk(text("{host} has no space left"), tool(when = "a disk is full"))]
struct DiskFull {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {
    let _ = ToolSet::new(tools![HostDown, DiskFull]);
}
