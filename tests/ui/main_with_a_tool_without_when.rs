use dingtalk_core::Notification;

/// Warn that a disk has no space left.
#[derive(Notification)]
#[dingtalk(text("{host} has no space left"), tool(title = "Disk full"))]
struct DiskFull {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

dingtalk_notify::main!(DiskFull, ..builtin);
