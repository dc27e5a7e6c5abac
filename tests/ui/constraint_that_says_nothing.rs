use std::time::Duration;

use dingtalk_core::Notification;

type Name = String;
type Count = u32;

#[derive(Notification)]
#[dingtalk(text("{took} {name} {count} {each}"))]
struct Backup {
    #[dingtalk(length(..=64))]
    took: Duration,
    #[dingtalk(range(..=64))]
    name: Name,
    #[dingtalk(bytes(..=64))]
    count: Count,
    #[dingtalk(join = ", ", length(..=64))]
    each: Vec<Duration>,
}

fn main() {}
