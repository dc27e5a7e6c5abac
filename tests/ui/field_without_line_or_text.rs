use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}"))]
struct HostDown {
    host: String,
    #[dingtalk(line = "- {}")]
    note: String,
    reason: String,
}

fn main() {}
