use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("look"))]
struct Look {
    #[dingtalk(at, at_all)]
    everybody: bool,
    #[dingtalk(skip, at)]
    person: Option<Mobile>,
}

fn main() {}
