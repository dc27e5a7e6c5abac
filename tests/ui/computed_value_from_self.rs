use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{short} is down"), with(short = self.host.split('.').next().unwrap_or(&self.host)))]
struct HostDown {
    host: String,
}

fn main() {}
