use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "{name}"))]
struct Text {
    name: String,
}

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "{pages}"))]
struct Several {
    name: String,
    pages: Vec<Url>,
}

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}", url = "{pge}"))]
struct Misspelt {
    name: String,
    page: Url,
}

fn main() {}
