use dingtalk_core::Notification;

type Name = String;

/// Warn that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    host: Name,
}

fn main() {}
