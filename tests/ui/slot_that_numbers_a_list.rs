use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "{place}. {host}"))]
struct Alert {
    place: u32,
    host: String,
}

fn main() {}
