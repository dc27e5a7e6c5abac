use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text = "{host} is down")]
struct TextWithoutParentheses {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text)]
struct TextAlone {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text())]
struct TextOfNothing {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct Line {
    #[dingtalk(line)]
    hosts: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct LineInParentheses {
    #[dingtalk(line("- {}"))]
    hosts: Vec<String>,
}

#[derive(Notification)]
#[dingtalk]
struct Nothing {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct Items {
    #[dingtalk(line = "- {}", max_items(3))]
    hosts: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(text("{host}"))]
struct Length {
    #[dingtalk(length = 3)]
    host: String,
}

fn main() {}
