use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(feed_card(items = nws))]
struct Misspelt {
    #[dingtalk(skip)]
    news: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = news))]
struct Single {
    news: String,
}

fn main() {}
