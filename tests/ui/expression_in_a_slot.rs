use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host.to_uppercase()} {self.host} {u8::MAX} {hots}"))]
struct HostDown {
    host: String,
}

fn main() {}
