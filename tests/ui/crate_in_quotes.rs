use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), crate = "dingtalk_core")]
struct HostDown {
    host: String,
}

fn main() {}
