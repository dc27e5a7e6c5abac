use dingtalk_core::Notification;

#[doc = concat!(" ", "")]
#[derive(Notification)]
#[dingtalk(text("A host is down"), tool)]
struct HostDown;

fn main() {}
