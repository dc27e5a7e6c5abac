use std::time::SystemTime;

use dingtalk_core::Notification;

struct Day;

#[derive(Notification)]
#[dingtalk(text("{size} {count} {took} {day} {at:.1}\n{days}"))]
struct Report {
    #[dingtalk(format = "bytes")]
    size: Day,
    #[dingtalk(format = "thousands")]
    count: Day,
    #[dingtalk(format = "duration")]
    took: SystemTime,
    #[dingtalk(zone = "Asia/Shanghai")]
    day: Day,
    at: SystemTime,
    #[dingtalk(format = "%F", line = "- {}")]
    days: Vec<Day>,
}

fn main() {}
