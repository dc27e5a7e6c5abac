use dingtalk_core::Notification;

const HOST: &str = "web-3";

/// Warn the on-call group that a host answers too slowly.
#[derive(Notification)]
#[dingtalk(text("{host} {user} is slow"), tool)]
struct HostSlow {
    /// As in the inventory.
    #[dingtalk(example = HOST, length(..=8))]
    host: String,
    /// Reporter of the problem.
    #[dingtalk(example = "ops".to_owned(), length(..=8))]
    user: String,
    #[dingtalk(skip, example = 3)]
    count: u8,
}

fn main() {}
