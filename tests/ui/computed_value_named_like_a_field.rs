use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} {short} is down"), with(host = host.to_uppercase(), short = 1, short = 2))]
struct HostDown {
    host: String,
}

fn main() {}
