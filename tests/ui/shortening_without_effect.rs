use dingtalk_core::{FeedItem, Notification};

#[derive(Notification)]
#[dingtalk(text("{count} {host} {zone:.3}\n{hosts}\n{notes}"), with(count = names.len()))]
struct HostDown {
    #[dingtalk(max_shown = 3)]
    names: Vec<String>,
    #[dingtalk(length(..=8), truncate = 8)]
    host: String,
    #[dingtalk(truncate = 9)]
    zone: String,
    #[dingtalk(line = "- {}", max_items = 3, max_shown = 5)]
    hosts: Vec<String>,
    #[dingtalk(line = "- {}", more = "and {} more")]
    notes: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = stories))]
struct News {
    #[dingtalk(max_shown = 3)]
    stories: Vec<Story>,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{title}", url = "https://e.com", picture = "https://e.com/a.png"))]
struct Story {
    title: String,
}

fn main() {}
