use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), markdown(title = "{host}", text = "{host} is down"))]
struct HostDown {
    host: String,
}

fn main() {}
