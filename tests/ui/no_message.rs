use dingtalk_core::Notification;

#[derive(Notification)]
struct HostDown {
    host: String,
}

fn main() {}
