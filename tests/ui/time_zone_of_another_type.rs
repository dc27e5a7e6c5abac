use std::time::SystemTime;

use dingtalk_core::{Notification, UserId};

#[derive(Notification)]
#[dingtalk(text("{host} {size} {day}"), with(day = at.elapsed().is_ok()))]
struct Report {
    #[dingtalk(zone = "Asia/Shanghai")]
    host: String,
    #[dingtalk(format = "bytes", zone = "Asia/Shanghai")]
    size: u64,
    #[dingtalk(zone = "Asia/Shanghai")]
    at: SystemTime,
    #[dingtalk(at, zone = "Asia/Shanghai")]
    lead: Option<UserId>,
    #[dingtalk(skip, zone = "Asia/Shanghai")]
    skipped: SystemTime,
}

fn main() {}
