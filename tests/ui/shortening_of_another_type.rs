use dingtalk_core::{Markdown, Mobile, Notification, Url};

#[derive(Notification)]
#[dingtalk(text("{host} {load} {page} {notes} {owner}"))]
struct HostDown {
    #[dingtalk(max_shown = 3)]
    host: String,
    #[dingtalk(truncate = 3)]
    load: u32,
    #[dingtalk(truncate = 30)]
    page: Url,
    #[dingtalk(truncate = 300)]
    notes: Markdown,
    #[dingtalk(truncate = 9)]
    owner: Owner,
    #[dingtalk(at, max_shown = 3)]
    people: Vec<Mobile>,
    #[dingtalk(skip, truncate = 3)]
    id: String,
}

struct Owner;

fn main() {}
