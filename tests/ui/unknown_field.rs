use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{hst} is down"))]
struct HostDown {
    host: String,
}

#[derive(Notification)]
#[dingtalk(markdown(
    title = "{hosts} is down",
    text = "
        ### 主机 {host} 宕机
        Since {sinse}, {minutes:.1} minutes
    ",
))]
struct HostDownFor {
    host: String,
    since: String,
    minutes: f64,
}

#[derive(Notification)]
#[dingtalk(text(r#"host "{hots}" is down"#))]
struct RawString {
    host: String,
}

fn main() {}
