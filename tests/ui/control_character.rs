use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down\u{7}"))]
struct HostDown {
    host: String,
}

fn main() {}
