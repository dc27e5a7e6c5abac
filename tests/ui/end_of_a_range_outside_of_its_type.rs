use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{percent} {hex} {step}"))]
struct Disk {
    #[dingtalk(range(0..=300))]
    percent: u8,
    #[dingtalk(range(-0x1..=9u32))]
    hex: u32,
    #[dingtalk(range(0.5..=2))]
    step: i64,
}

fn main() {}
