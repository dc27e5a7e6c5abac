use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}: {note}"))]
struct HostDown {
    #[dingtalk(length(..=1.5))]
    host: String,
    #[dingtalk(length(-1..))]
    note: String,
}

fn main() {}
