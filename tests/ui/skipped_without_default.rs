use dingtalk_core::Notification;

struct Connection;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
    #[dingtalk(skip)]
    connection: Connection,
}

fn main() {}
