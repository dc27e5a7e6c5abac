use dingtalk_core::{Mobile, Notification, Url};

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "{page}"))]
struct Release {
    name: String,
    page: Url,
    #[dingtalk(at)]
    people: Vec<Mobile>,
    #[dingtalk(at_all)]
    everybody: bool,
}

fn main() {}
