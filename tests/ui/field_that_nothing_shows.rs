use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}", text = "{host} is down"))]
pub struct HostDown {
    pub host: String,
    pub note: String,
    pub r#type: String,
}

fn main() {}
