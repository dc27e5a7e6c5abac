use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{urgent}"))]
struct HostDown {
    #[dingtalk(line = "urgent: {}")]
    urgent: bool,
}

fn main() {}
