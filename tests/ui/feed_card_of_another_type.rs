use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(feed_card(items = news))]
struct Digest {
    news: Vec<String>,
}

fn main() {}
