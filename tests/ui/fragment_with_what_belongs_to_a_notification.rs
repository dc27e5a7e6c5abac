use dingtalk_core::{Fragment, Notification};

/// A process.
#[derive(Fragment)]
#[dingtalk(fragment("{name} {tags} {hot}"), tool(when = "a host is down"), keyword = "alert")]
struct Process {
    #[dingtalk(length(..=8))]
    name: String,
    #[dingtalk(line = "- {}")]
    tags: Vec<String>,
    hot: bool,
}

#[derive(Fragment)]
#[dingtalk(text("{name}"))]
struct Text {
    name: String,
}

#[derive(Notification)]
#[dingtalk(fragment("{name}"))]
struct Message {
    name: String,
}

#[derive(Fragment)]
enum Several {
    #[dingtalk(fragment("one"))]
    One,
}

fn main() {}
