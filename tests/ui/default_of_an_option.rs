use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down\n{note}\n{urgent}"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64), default = "web-3")]
    host: String,
    /// Known facts.
    #[dingtalk(length(..=64), line = "{}", default = "nothing")]
    note: Option<String>,
    /// Needs attention at once.
    #[dingtalk(line = "Look now!", default = true)]
    urgent: bool,
}

fn main() {}
