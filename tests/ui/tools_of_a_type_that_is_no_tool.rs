use dingtalk_core::{Notification, tools};

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    host: String,
}

fn main() {
    tools![HostDown];
}
