use dingtalk_core::Notification;

const LIMIT: u32 = 90;

#[derive(Notification)]
#[dingtalk(text("{host} is over {LIMIT}"))]
struct HostDown {
    host: String,
}

fn main() {
    let _ = LIMIT;
}
