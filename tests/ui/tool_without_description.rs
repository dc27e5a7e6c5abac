use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {}
