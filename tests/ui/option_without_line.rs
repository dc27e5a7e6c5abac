use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}: {note} {urgent}"))]
struct HostDown {
    host: String,
    note: Option<String>,
    urgent: bool,
}

fn main() {}
