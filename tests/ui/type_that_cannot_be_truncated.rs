use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{owner}\n{owners}"))]
struct HostDown {
    #[dingtalk(truncate = 9)]
    owner: Owner,
    #[dingtalk(line = "- {}", truncate = 9)]
    owners: Vec<Owner>,
}

struct Owner;

fn main() {}
