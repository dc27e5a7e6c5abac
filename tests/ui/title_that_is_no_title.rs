use dingtalk_core::Notification;

/// Warn the on-call group about a busy host.
#[derive(Notification)]
#[dingtalk(text("{host} is busy"), tool(title = "send_cpu_alert", when = " ", not_when = ""))]
struct CpuAlert {
    /// As in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {}
