use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} at {host_address} is down"), tool)]
struct HostDown {
    #[dingtalk(length(..=64))]
    host: String,
    /// Host address.
    #[dingtalk(length(..=64))]
    host_address: String,
}

fn main() {}
