use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(title = "Runbook", text = "[see [the page](https://example.com) first]({runbook})"))]
struct Runbook {
    runbook: Url,
}

fn main() {
    let runbook = Url::new("https://example.com/runbook").unwrap();
    let _ = Runbook { runbook }.message();
}
