use dingtalk_core::{Fragment, Markdown, Mobile, Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(title = "down", text = "{load}\n{page}\n{notes}\n{logs}\n{urgent}\n{people}"))]
struct HostDown {
    #[dingtalk(multiline)]
    load: u32,
    #[dingtalk(multiline)]
    page: Url,
    #[dingtalk(multiline)]
    notes: Markdown,
    #[dingtalk(multiline, join = ", ")]
    logs: Vec<String>,
    #[dingtalk(multiline, line = "urgent")]
    urgent: bool,
    #[dingtalk(at, multiline)]
    people: Vec<Mobile>,
    #[dingtalk(skip, multiline)]
    id: String,
}

#[derive(Fragment)]
#[dingtalk(fragment("{log}"))]
struct Log {
    #[dingtalk(multiline)]
    log: String,
}

fn main() {}
