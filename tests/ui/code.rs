use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "{host} is down: run `systemctl restart`"))]
struct HostDown {
    host: String,
}

fn main() {}
