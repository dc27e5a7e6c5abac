use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{r#type} is down"))]
struct HostDown {
    r#type: String,
}

fn main() {}
