use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(action_card(title = "{host}", text = "{host} is down", button(title = "Open", url = "https://example.com")))]
struct HostDown {
    host: String,
}

fn main() {}
