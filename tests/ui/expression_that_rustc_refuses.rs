use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} {short}"), with(short = { let a = ; host }))]
struct HostDown {
    host: String,
}

fn main() {}
