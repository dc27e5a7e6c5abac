use dingtalk_core::Notification;

use std::fmt::Display;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct HostDown<'a> {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: &'a str,
}

/// Tell people that something is down.
#[derive(Notification)]
#[dingtalk(text("{what} is down"), tool)]
struct Down<T: Display> {
    /// Affected host, for example `web-3`.
    what: T,
}

fn main() {}
