use std::time::Duration;

use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("{host} {load} {since} {took} {size:x} {total:.1} {cut}\n{urgent}"))]
struct Report {
    #[dingtalk(format = "thousands")]
    host: String,
    #[dingtalk(format = "bytes")]
    load: f64,
    #[dingtalk(format = "%H:%M")]
    since: u64,
    #[dingtalk(length(..=3), range(0..=60))]
    took: Duration,
    #[dingtalk(format = "thousands")]
    size: u64,
    #[dingtalk(format = "bytes")]
    total: u64,
    #[dingtalk(format = "duration", truncate = 3)]
    cut: Duration,
    #[dingtalk(format = "bytes", line = "Look now!")]
    urgent: bool,
    #[dingtalk(at, format = "bytes")]
    people: Vec<Mobile>,
}

fn main() {}
