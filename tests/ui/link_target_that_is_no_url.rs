use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{host}", text = "[{host}]({page})"))]
struct HostDown {
    host: String,
    page: String,
}

fn main() {}
