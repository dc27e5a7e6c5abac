use std::time::SystemTime;

use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{size} {free} {begin} {end} {next} {last}"))]
struct Report {
    #[dingtalk(format = "byte")]
    size: u64,
    #[dingtalk(format = "human")]
    free: u64,
    #[dingtalk(format = "%H:%M:%E")]
    begin: SystemTime,
    #[dingtalk(format = "%H:%M:%S.%3f")]
    end: SystemTime,
    #[dingtalk(format = "100%")]
    next: SystemTime,
    #[dingtalk(format = 1)]
    last: SystemTime,
}

fn main() {}
