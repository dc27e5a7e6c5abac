use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(txt("{host} is down"))]
struct OnTheType {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(titel = "{host}", text = "{host} is down"))]
struct InMarkdown {
    host: String,
}

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool(whn = "a host is down"))]
struct InTool {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down\n{notes}"))]
struct OnAField {
    #[dingtalk(lenght(..=64))]
    host: String,
    #[dingtalk(line = "- {}", maxItems = 3)]
    notes: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(text("{host} is down"), colour = "red")]
struct LikeNothing {
    host: String,
}

fn main() {}
