use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "javascript:alert(1)", picture = "example.com/logo.png"))]
struct Release {
    name: String,
}

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "https://example.com/{name}"))]
struct Part {
    name: String,
}

fn main() {}
