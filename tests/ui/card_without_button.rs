use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}"))]
struct Release {
    name: String,
}

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", button("Open")))]
struct Card {
    name: String,
}

#[derive(Notification)]
#[dingtalk(link(title = "{name}", text = "{name}"))]
struct Page {
    name: String,
}

fn main() {}
