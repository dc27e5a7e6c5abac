use dingtalk_core::{FeedItem, Notification, Url};

#[derive(Notification)]
#[dingtalk(text("{host} is down: {short}"), with(short = reason.trim()))]
struct HostDown {
    #[dingtalk(skip)]
    host: String,
    // Not shown itself.
    #[dingtalk(skip)]
    reason: String,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{title}", url = "{page}", picture = "https://example.com/a.png"))]
struct Story {
    title: String,
    page: Url,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = stories))]
struct News {
    #[dingtalk(skip)]
    stories: Vec<Story>,
}

fn main() {}
