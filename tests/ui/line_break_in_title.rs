use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}\nis down", text = "{host}"))]
struct HostDown {
    host: String,
}

fn main() {}
