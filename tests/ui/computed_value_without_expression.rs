use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), with(short, long =))]
struct HostDown {
    host: String,
}

fn main() {}
