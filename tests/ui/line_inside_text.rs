use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("down: {hosts}, look"))]
struct HostsDown {
    #[dingtalk(line = "- {}")]
    hosts: Vec<String>,
}

fn main() {}
