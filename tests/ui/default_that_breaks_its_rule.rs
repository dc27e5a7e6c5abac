use dingtalk_core::Notification;

/// Warn the on-call group that a host answers too slowly.
#[derive(Notification)]
#[dingtalk(text("{host}: {percent} {unit}"), tool)]
struct HostSlow {
    /// As in the inventory.
    #[dingtalk(default = "the gateway", length(..=8))]
    host: String,
    /// Number of requests that take longer than a second.
    #[dingtalk(default = 120, range(0..=100))]
    percent: u8,
    /// Unit of the count.
    #[dingtalk(default = "%", bytes(2..=4))]
    unit: String,
}

fn main() {}
