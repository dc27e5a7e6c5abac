use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(text("{host}: {load}\n{page}"))]
struct HostDown {
    #[dingtalk(range(..=64))]
    host: String,
    #[dingtalk(length(..=3))]
    load: u32,
    #[dingtalk(line = "see {}", bytes(..=500))]
    page: Option<Url>,
}

fn main() {}
