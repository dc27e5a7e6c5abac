use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{} is down", host))]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{} is down", host.to_uppercase()))]
struct Loud {
    host: String,
}

fn main() {}
