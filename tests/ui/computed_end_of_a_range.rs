use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    #[dingtalk(length(1..=10 * 2))]
    host: String,
}

fn main() {}
