use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{hosts} are down", text = "{hosts}"))]
struct HostsDown {
    #[dingtalk(line = "- {}")]
    hosts: Vec<String>,
}

fn main() {}
