use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(title = "down", text = "[runbook]({page}), [graphs]({graphs}), [page]({paged})"))]
struct HostDown {
    #[dingtalk(else = "none")]
    page: Option<Url>,
    #[dingtalk(join = ", ")]
    graphs: Vec<Url>,
    #[dingtalk(then = "https://e.com")]
    paged: bool,
}

fn main() {}
