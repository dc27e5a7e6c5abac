use dingtalk_core::Notification;

/// Warn the on-call group that hosts answer too slowly.
#[derive(Notification)]
#[dingtalk(markdown(title = "slow", text = "{hosts}\n{region}"), tool)]
struct HostsSlow {
    /// Slowest first, as in the inventory.
    #[dingtalk(line = "- {}", example = "web-3", length(..=8), max_items = 2)]
    hosts: Vec<String>,
    /// Locations, as in the inventory.
    #[dingtalk(example = ["eu"], length(..=8))]
    region: String,
}

fn main() {}
