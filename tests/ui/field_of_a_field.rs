use dingtalk_core::Notification;

struct Host {
    name: String,
}

#[derive(Notification)]
#[dingtalk(text("{host.name} is down"))]
struct HostDown {
    host: Host,
}

fn main() {}
