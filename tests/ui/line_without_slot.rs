use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{note}"))]
struct HostDown {
    #[dingtalk(line = "there is a note")]
    note: Option<String>,
}

fn main() {}
