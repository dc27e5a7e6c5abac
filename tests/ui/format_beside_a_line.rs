use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{loads:.1}"))]
struct Loads {
    #[dingtalk(line = "- {}")]
    loads: Vec<f64>,
}

fn main() {}
