use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}\n{hosts}\n{notes}"))]
struct HostDown {
    #[dingtalk(truncate = 0)]
    host: String,
    #[dingtalk(line = "- {}", max_shown = 0)]
    hosts: Vec<String>,
    #[dingtalk(line = "- {}", max_shown = 3, more = "")]
    notes: Vec<String>,
}

fn main() {}
