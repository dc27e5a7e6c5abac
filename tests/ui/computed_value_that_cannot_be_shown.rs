use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{first} of {count}"), with(first = hosts.first(), count = hosts.len()))]
struct HostsDown {
    hosts: Vec<String>,
}

fn main() {}
