use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("look: {people}"))]
struct Look {
    #[dingtalk(at, line = "- {}")]
    people: Vec<Mobile>,
    #[dingtalk(skip, line = "- {}")]
    note: String,
}

fn main() {}
