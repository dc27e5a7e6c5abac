use dingtalk_core::Notification;

struct Host {
    name: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    host: Host,
}

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct HostsDown {
    #[dingtalk(line = "- {}")]
    hosts: Vec<Host>,
}

fn main() {}
