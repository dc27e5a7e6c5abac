use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("a number"))]
union Number {
    small: u8,
    large: u64,
}

fn main() {}
