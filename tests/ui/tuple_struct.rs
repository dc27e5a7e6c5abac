use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{0} is down"))]
struct HostDown(String);

fn main() {}
