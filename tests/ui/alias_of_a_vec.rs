use dingtalk_core::Notification;

type Hosts = Vec<String>;

#[derive(Notification)]
#[dingtalk(text("{hosts}"))]
struct HostsDown {
    #[dingtalk(line = "- {}")]
    hosts: Hosts,
}

fn main() {}
