use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{host:x}", text = "{host}\n{loads}"))]
struct HostDown {
    host: String,
    #[dingtalk(line = "- {:#b}")]
    loads: Vec<f64>,
}

#[derive(Notification)]
#[dingtalk(text("{load:x}"), with(load = "many"))]
struct Computed {}

fn main() {}
