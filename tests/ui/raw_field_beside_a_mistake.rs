use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{type} of {gen} at {hots}"))]
struct HostDown {
    r#type: String,
    r#gen: u32,
    host: String,
}

fn main() {}
