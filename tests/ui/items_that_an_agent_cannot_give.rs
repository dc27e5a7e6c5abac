use dingtalk_core::{FeedItem, Notification, Url};

#[derive(FeedItem)]
#[dingtalk(item(title = "news", url = "{page}", picture = "https://example.com/a.png"))]
struct News {
    page: Url,
}

/// Send the news of the day.
#[derive(Notification)]
#[dingtalk(feed_card(items = news), tool)]
struct Digest {
    /// The stories, most important first.
    #[dingtalk(max_items = 3)]
    news: Vec<News>,
}

fn main() {}
