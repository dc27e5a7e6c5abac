use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "[page](https://example.com/{host})"))]
struct Alert {
    host: String,
}

fn main() {}
