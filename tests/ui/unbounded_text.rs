use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down\n{note}"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    host: String,
    /// Remark for the group, for example `rebooted twice`.
    #[dingtalk(length(1..), line = "note: {}")]
    note: Option<String>,
}

fn main() {}
