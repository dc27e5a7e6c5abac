use dingtalk_core::{Mobile, Notification};

/// Warn the on-call group that a host answers too slowly.
#[derive(Notification)]
#[dingtalk(markdown(title = "slow", text = "{host}: {percent}\n{hops}"), tool)]
struct HostSlow {
    /// As in the inventory.
    #[dingtalk(example = "gateway.example.com", length(..=8))]
    host: String,
    /// Number of requests that take longer than a second.
    #[dingtalk(example = -1, range(0..=100))]
    percent: i8,
    /// The way to it, nearest first.
    #[dingtalk(line = "- {}", example = ["a", "b", "c"], length(..=8), max_items = 2)]
    hops: Vec<String>,
    /// Person to call, for example the owner.
    #[dingtalk(at, example = 13800000000)]
    owner: Mobile,
}

fn main() {}
