use dingtalk_core::Notification;

/// Send a CPU alert.
#[derive(Notification)]
#[dingtalk(text("{host_name} is busy"), tool)]
struct CpuAlert {
    /// The name of the host.
    #[dingtalk(length(..=64))]
    host_name: String,
}

fn main() {}
