use dingtalk_core::{FeedItem, Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(title = "{host} is down", text = "[告警](https://example.com)\n{host}"), keyword = "监控")]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(keyword = "alert")]
enum HostChanged {
    #[dingtalk(text("alert: {host} is down"))]
    Down { host: String },
    #[dingtalk(text("{host} is up"))]
    Up { host: String },
    #[dingtalk(text("{host} is gone"), keyword = "")]
    Gone { host: String },
}

#[derive(FeedItem)]
#[dingtalk(item(title = "alert", url = "{page}", picture = "https://example.com/a.png"), keyword = "alert")]
struct News {
    page: Url,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}", text = "{host}\n{note}"), keyword = "Note")]
struct Vanishing {
    host: String,
    #[dingtalk(line = "Note: {}")]
    note: Option<String>,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = news), keyword = "news")]
struct Digest {
    news: Vec<News>,
}

fn main() {}
