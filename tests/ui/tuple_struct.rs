use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{0} is down"))]
struct HostDown(String);

// Nothing to name.
#[derive(Notification)]
#[dingtalk(text("All is well"))]
struct Well();

fn main() {}
