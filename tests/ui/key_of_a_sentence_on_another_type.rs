use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("{host} {owner} {urgent} {hosts} {silenced} {level} {people}"))]
struct HostDown {
    #[dingtalk(join = ", ")]
    host: String,
    #[dingtalk(join = ", ", then = "somebody", else = "nobody")]
    owner: Option<String>,
    #[dingtalk(join = ", ", then = "urgent")]
    urgent: bool,
    #[dingtalk(then = "several", join = ", ")]
    hosts: Vec<String>,
    #[dingtalk(else = "not silenced")]
    silenced: bool,
    #[dingtalk(then = "high", else = "low")]
    level: u8,
    #[dingtalk(at, join = ", ", else = "nobody")]
    people: Vec<Mobile>,
    #[dingtalk(skip, else = "nobody")]
    id: Option<String>,
}

fn main() {}
