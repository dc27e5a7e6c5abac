use dingtalk_core::{Mobile, Notification, UserId};

#[derive(Notification)]
#[dingtalk(text("{lead:.3}, {host} is down. {everybody:+}"))]
struct HostDown {
    host: String,
    #[dingtalk(at)]
    lead: UserId,
    #[dingtalk(at, length(..=11))]
    deputy: Mobile,
    #[dingtalk(at, max_items = 80)]
    on_call: Vec<Mobile>,
    #[dingtalk(at_all, range(0..=1))]
    everybody: bool,
}

fn main() {}
