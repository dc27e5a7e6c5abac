use dingtalk_core::{Choice, Notification};

const TITLE: &str = "A host is down";

#[derive(Notification)]
#[dingtalk(text(concat!("{host}", " is down")))]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(title = TITLE, text = include_str!("host_down.md")), keyword = 7)]
struct HostsDown {
    #[dingtalk(line = concat!("- ", "{}"))]
    hosts: Vec<String>,
}

#[derive(Notification)]
#[dingtalk(markdown(title = , text = "All is well"))]
struct Well;

#[derive(Choice)]
enum Severity {
    #[dingtalk(text(TITLE))]
    High,
}

fn main() {}
