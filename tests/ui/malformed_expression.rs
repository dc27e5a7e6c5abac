use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{next} {joined} {typed} {inner}"), with(
    next = count +,
    joined = hosts.join(", ");,
    typed: 3,
    inner = usize::max(count *, 2),
))]
struct Expressions {
    count: usize,
    hosts: Vec<String>,
}

/// Report how many hosts are down.
#[derive(Notification)]
#[dingtalk(text("{count}"), tool)]
struct Default {
    /// Number of hosts, for example 3.
    #[dingtalk(default = 1 +)]
    count: u32,
}

fn main() {}
