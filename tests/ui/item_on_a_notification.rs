use dingtalk_core::{FeedItem, Notification};

#[derive(Notification)]
#[dingtalk(item(title = "{name}", url = "https://example.com", picture = "@media"))]
struct News {
    name: String,
}

#[derive(FeedItem)]
#[dingtalk(text("{name}"))]
struct Digest {
    name: String,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{name}", url = "https://example.com"))]
struct Plain {
    name: String,
}

fn main() {}
