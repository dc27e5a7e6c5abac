use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host} is down\n{notes}"), rename_all = "camelCase")]
#[dingtalk(rename_all = "kebab-case")]
struct HostDown {
    #[dingtalk(length(..=64), length(..=32))]
    host: String,
    #[dingtalk(line = "- {}")]
    #[dingtalk(line = "* {}")]
    notes: Vec<String>,
}

fn main() {}
