use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64), rename = "host name")]
    host: String,
}

fn main() {}
