use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(
    title = "alert",
    text = "
        <font color=\"#ff0000\">{host}</font> is down
        See <https://example.com/runbook>
        a < b is fine
    ",
))]
struct HostDown {
    host: String,
}

fn main() {}
