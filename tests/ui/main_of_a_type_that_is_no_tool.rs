use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    host: String,
}

dingtalk_notify::main!(HostDown);
