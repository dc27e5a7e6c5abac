use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), rename_all = "PascalCase")]
struct HostDown {
    host: String,
}

fn main() {}
