use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "
        | host | state |
        |---|---|
        | {host} | down |
    "))]
struct Alert {
    host: String,
}

fn main() {}
