use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("loads {loads:.1}\n{loads:.1}"))]
struct HostDown {
    #[dingtalk(line = "- {}", join = ", ")]
    loads: Vec<f64>,
}

fn main() {}
