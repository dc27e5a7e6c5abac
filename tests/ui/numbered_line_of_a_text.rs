use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("Do this:\n{steps}"))]
struct Runbook {
    #[dingtalk(line = "1. {}")]
    steps: Vec<String>,
}

// Markdown counts.
#[derive(Notification)]
#[dingtalk(markdown(title = "Do this", text = "{steps}"))]
struct MarkdownRunbook {
    #[dingtalk(line = "1. {}")]
    steps: Vec<String>,
}

fn main() {}
