use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", buttons = answers))]
struct Poll {
    name: String,
    answers: Vec<Url>,
}

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", buttons = answer))]
struct Question {
    name: String,
    answer: dingtalk_core::message::CardButton,
}

#[derive(Notification)]
#[dingtalk(action_card(title = "{name}", text = "{name}", buttons = answer))]
struct Riddle {
    name: String,
    #[dingtalk(skip)]
    answers: Vec<dingtalk_core::message::CardButton>,
}

fn main() {}
