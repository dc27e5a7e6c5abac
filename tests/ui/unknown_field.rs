use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hst} is down"))]
struct HostDown {
    host: String,
}

fn main() {}
