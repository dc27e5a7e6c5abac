use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), length(..=64), when = "a host is down")]
struct OnTheType {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}", line = "- {}"))]
struct InMarkdown {
    host: String,
}

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(rename_all = "camelCase"))]
struct InTool {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct OnAField {
    #[dingtalk(text("{host}"))]
    host: String,
}

fn main() {}
