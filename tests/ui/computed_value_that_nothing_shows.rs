use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), with(short = host.len()))]
struct HostDown {
    host: String,
}

fn main() {}
