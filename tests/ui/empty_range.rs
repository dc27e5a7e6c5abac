use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host}: {load:.1} {change}"))]
struct Load {
    #[dingtalk(length(64..=1))]
    host: String,
    #[dingtalk(range(1_000..=0.5))]
    load: f64,
    #[dingtalk(range(-1..=-5))]
    change: i32,
}

fn main() {}
