use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "javascript:alert(1)", picture = "example.com/logo.png"))]
struct Release {
    name: String,
}

fn main() {}
