use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down, {urgent:.1}"))]
struct HostDown {
    host: String,
    #[dingtalk(then = "urgent", else = "routine")]
    urgent: bool,
}

fn main() {}
