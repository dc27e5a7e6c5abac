use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}: {note} {load:.1}, {cores} of {all}"))]
struct Load {
    #[dingtalk(length(1..64))]
    host: String,
    #[dingtalk(bytes(64))]
    note: String,
    #[dingtalk(range(..))]
    load: f64,
    #[dingtalk(range("1"..="4"))]
    cores: u32,
    #[dingtalk(range(1..=MAX))]
    all: u32,
}

fn main() {}
