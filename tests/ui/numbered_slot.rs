use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{0} is down"))]
struct Numbered {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{} is down"))]
struct Nameless {
    host: String,
}

fn main() {}
