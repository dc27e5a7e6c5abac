use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("look"))]
struct Look {
    #[dingtalk(at_all)]
    everybody: String,
}

fn main() {}
