use dingtalk_core::{Notification, tool::ToolSet, tools};

/// Warn that a host does not answer.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(when = "a host is down"))]
struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {
    let _ = ToolSet::new(tools![HostDown, HostDown]);
}
