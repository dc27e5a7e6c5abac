use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{log}", text = "Log: {log}\n{output}\n> {trace}"))]
struct BackupFailed {
    #[dingtalk(multiline)]
    log: String,
    #[dingtalk(multiline, line = "> {}")]
    output: Option<String>,
    #[dingtalk(multiline, else = "none")]
    trace: Option<String>,
}

fn main() {}
