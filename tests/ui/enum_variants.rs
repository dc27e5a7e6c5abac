use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}"))]
enum HostChanged {
    Up { host: String },
    Down { host: String },
}

fn main() {}
