use dingtalk_core::Notification;

struct HostDown;

fn message(notification: &impl Notification) -> bool {
    notification.message().is_ok()
}

fn main() {
    message(&HostDown);
}
