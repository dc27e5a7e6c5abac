use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "~~up~~ {host} is down"))]
struct Alert {
    host: String,
}

fn main() {}
