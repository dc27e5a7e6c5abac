use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(link(title = "{sentence}", text = "{hosts}\n{urgent}", url = "{page}"))]
struct HostDown {
    #[dingtalk(line = "- {}", join = ", ")]
    hosts: Vec<String>,
    #[dingtalk(line = "urgent", then = "urgent")]
    urgent: bool,
    #[dingtalk(else = "no page")]
    page: Option<Url>,
    #[dingtalk(line = "- {}", join = ", ")]
    sentence: Vec<String>,
}

fn main() {}
