use dingtalk_core::{Choice, Notification};

#[derive(Notification)]
#[dingtalk("{host} is down")]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct HostsDown {
    #[dingtalk("- {}")]
    hosts: Vec<String>,
}

#[derive(Choice)]
enum Level {
    #[dingtalk("紧急")]
    High,
}

fn main() {}
