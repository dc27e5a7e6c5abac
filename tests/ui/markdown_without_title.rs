use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(text = "{host} is down"))]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown("{host} is down"))]
struct OnlyAText {
    host: String,
}

fn main() {}
