use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(when = "a host is down", instead = DiskFull))]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} has no space left"))]
struct DiskFull {
    host: String,
}

fn main() {}
