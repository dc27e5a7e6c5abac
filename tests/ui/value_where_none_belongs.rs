use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"))]
struct HostDown {
    #[dingtalk(unbounded(true))]
    host: String,
    #[dingtalk(at_all = true)]
    everybody: bool,
}

fn main() {}
