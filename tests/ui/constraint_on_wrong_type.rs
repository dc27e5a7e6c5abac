use dingtalk_core::Notification;

use std::net::IpAddr;

#[derive(Notification)]
#[dingtalk(text("{address} is down"))]
struct HostDown {
    #[dingtalk(length(..=64))]
    address: IpAddr,
}

fn main() {}
