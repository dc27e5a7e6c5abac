use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{hosts}"), tool)]
struct HostDown {
    /// Host names, for example `web-3`.
    #[dingtalk(line = "- {}", length(..=64))]
    hosts: Vec<String>,
}

fn main() {}
