use dingtalk_core::{FeedItem, Fragment, Notification, Url};

#[derive(Notification)]
#[dingtalk(text("{host} is down for {minutes} min\n{note}"))]
struct HostDown {
    #[dingtalk(example = "web-3", length(..=64))]
    host: String,
    #[dingtalk(default = 5)]
    minutes: u32,
    #[dingtalk(line = "{}", unbounded)]
    note: Option<String>,
}

#[derive(Notification)]
enum Deployment {
    #[dingtalk(text("{service} is on its way"))]
    Began {
        #[dingtalk(default)]
        service: String,
    },
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{title}", url = "{page}", picture = "https://example.com/a.png"))]
struct Story {
    #[dingtalk(unbounded)]
    title: String,
    page: Url,
}

#[derive(Fragment)]
#[dingtalk(fragment("**{name}**"))]
struct Service {
    #[dingtalk(rename = "service", example = "orders")]
    name: String,
}

fn main() {}
