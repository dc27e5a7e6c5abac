use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "CPU on**{host}**is high"))]
struct Alert {
    host: String,
}

fn main() {}
