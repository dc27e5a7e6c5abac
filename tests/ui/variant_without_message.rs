use dingtalk_core::Notification;

#[derive(Notification)]
enum HostChanged {
    #[dingtalk(text("{host} is up"))]
    Up { host: String },
    Down { host: String },
    #[dingtalk(text("{0} is slow"))]
    Slow(String),
}

#[derive(Notification)]
enum Never {}

fn main() {}
