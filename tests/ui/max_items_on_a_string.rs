use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    #[dingtalk(max_items = 3)]
    host: String,
}

fn main() {}
