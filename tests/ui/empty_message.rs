use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text(""))]
struct Silent {}

#[derive(Notification)]
#[dingtalk(markdown(title = " ", text = "{host} is down"))]
struct Untitled {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "alert"))]
struct Lineless {}

fn main() {}
