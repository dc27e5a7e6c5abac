use dingtalk_core::Notification;

/// Warn the on-call group that a host does not answer.
#[derive(Notification)]
#[dingtalk(text("A host is down"), tool())]
struct HostDown;

#[derive(Notification)]
#[dingtalk(text("{host}"), with())]
struct HostUp {
    #[dingtalk(length())]
    host: String,
}

fn main() {}
