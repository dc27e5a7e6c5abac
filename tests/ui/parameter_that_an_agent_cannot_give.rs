use dingtalk_core::Notification;

struct Host(String);

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Warn the on-call group that a host answers too slowly.
#[derive(Notification)]
#[dingtalk(text("{host} is slow"), tool)]
struct HostSlow {
    /// As in the inventory.
    host: Host,
}

fn main() {}
