use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "run `ping {host}` now"))]
struct Alert {
    host: String,
}

fn main() {}
