use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hosts} of {owner}: {urgent}"), throttle = "1 per 10m by {owner}")]
struct Down {
    #[dingtalk(separator = ", ")]
    hosts: Vec<String>,
    #[dingtalk(or = "nobody")]
    owner: Option<String>,
    #[dingtalk(yes = "at once", no = "by day")]
    urgent: bool,
}

fn main() {}
