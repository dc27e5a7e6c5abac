use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(link(title = "{host}", text = "{host} is down", link = "https://example.com"))]
struct Link {
    host: String,
}

/// Warn that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(description = "Warn that a host is down."))]
struct Tool {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64), description = "Host name")]
    host: String,
}

fn main() {}
