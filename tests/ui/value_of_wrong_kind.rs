use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hosts}"), rename_all = camelCase)]
struct HostsDown {
    #[dingtalk(line = "- {}", max_items = "3")]
    hosts: Vec<String>,
}

fn main() {}
