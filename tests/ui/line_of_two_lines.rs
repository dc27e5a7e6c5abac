use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct HostsDown {
    #[dingtalk(line = "- {}\n- and")]
    hosts: Vec<String>,
}

fn main() {}
