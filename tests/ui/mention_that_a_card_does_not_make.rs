use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", button("Open", url = "https://example.com")))]
struct Release {
    name: String,
    #[dingtalk(at)]
    people: Vec<Mobile>,
    #[dingtalk(at_all)]
    everybody: bool,
}

type Person = Mobile;

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", button("Open", url = "https://example.com")))]
struct Deployed {
    name: String,
    #[dingtalk(at)]
    owner: Option<Person>,
}

fn main() {}
