use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hosts} on {owner}, {urgent}, {tags}"))]
struct HostDown {
    #[dingtalk(join = "\n")]
    hosts: Vec<String>,
    #[dingtalk(else = "nobody\non call")]
    owner: Option<String>,
    #[dingtalk(then = "urgent\u{7}", else = "as {host}")]
    urgent: bool,
    #[dingtalk(join = ", ", else = "{}")]
    tags: Vec<String>,
}

fn main() {}
