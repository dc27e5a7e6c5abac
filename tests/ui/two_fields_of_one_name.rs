use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} behind {gateway} is down"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
    /// The gateway in front of it.
    #[dingtalk(length(..=64), rename = "host")]
    gateway: String,
}

fn main() {}
