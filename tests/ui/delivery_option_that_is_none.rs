use dingtalk_core::{FeedItem, Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("{host} is down"), dedupe = "10m", throttle = "one per 10m")]
#[dingtalk(group = " ", digest = "{host}\n{host}")]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down"), dedupe = "same for 10 minutes", throttle = "1 per 10 by host")]
struct Spans {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down\n{region}"), throttle = "1 per 10m by hst, region, people")]
#[dingtalk(group = "{hots}", digest = "{region} {people}")]
struct Names {
    host: String,
    #[dingtalk(line = "in {}")]
    region: Option<String>,
    #[dingtalk(at)]
    people: Vec<Mobile>,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{host}", url = "https://example.com/{host}", picture = "https://example.com/i.png"))]
#[dingtalk(urgent, group = "{host}")]
struct Item {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("down"), urgent = true, dedup = "same for 10m")]
struct Keys;

fn main() {}
