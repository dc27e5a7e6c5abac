use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("look"))]
struct Look {
    #[dingtalk(at)]
    people: Vec<String>,
}

fn main() {}
