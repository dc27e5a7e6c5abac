use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down {access_token}"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
    /// Token of the robot, for example `3b1f`.
    #[dingtalk(length(..=64))]
    access_token: String,
}

fn main() {}
