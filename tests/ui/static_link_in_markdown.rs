use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(
    title = "alert",
    text = "
        {host} is down: [runbook](javascript:alert(1))
        ![load](load.png)
        [fine](dingtalk://dingtalkclient/page/link?url=x)
    ",
))]
struct HostDown {
    host: String,
}

fn main() {}
