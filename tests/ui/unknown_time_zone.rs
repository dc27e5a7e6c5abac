use std::time::SystemTime;

use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{a} {b} {c} {d} {e} {f} {g}"))]
struct Report {
    #[dingtalk(zone = "CST")]
    a: SystemTime,
    #[dingtalk(zone = "UTC+8")]
    b: SystemTime,
    #[dingtalk(zone = "Asia/Beijing")]
    c: SystemTime,
    #[dingtalk(zone = "Aisa/Shanghai")]
    d: SystemTime,
    #[dingtalk(zone = "")]
    e: SystemTime,
    #[dingtalk(zone = "local")]
    f: SystemTime,
    #[dingtalk(timezone = "Asia/Shanghai")]
    g: SystemTime,
}

fn main() {}
