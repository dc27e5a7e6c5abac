use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(action_card(
    title = "Deploy?",
    text = "Deploy?",
    button("Approve", "https://example.com/approve"),
    button("Refuse", url = "https://example.com/refuse"),
))]
struct Deploy;

fn main() {}
