use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct HostsDown {
    #[dingtalk(line = "- {")]
    hosts: Vec<String>,
}

fn main() {}
