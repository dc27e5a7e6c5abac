use dingtalk_core::Notification;

/// Tell the group what happened to a host.
#[derive(Notification)]
#[dingtalk(tool(when = "a host changed"), rename_all = "camelCase", with(count = 1))]
enum HostChanged {
    #[dingtalk(text("{host} is up"))]
    Up { host: String },
    #[dingtalk(text("a host is gone"), tool)]
    Gone,
}

fn main() {}
