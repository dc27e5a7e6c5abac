use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host is down"))]
struct NeverClosed {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "host} is down", text = "- {host}"))]
struct NeverOpened {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host name} is down"))]
struct TwoWords {
    host: String,
}

fn main() {}
