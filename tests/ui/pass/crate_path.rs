//! `dingtalk_core` under another path.

mod alerts {
    pub(super) mod sdk {
        pub(crate) use dingtalk_core::*;
    }
}

/// A module that shadows the crate's name.
mod dingtalk_core {}

use alerts::sdk::{Notification, tool::Tool};

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(crate = alerts::sdk, text("{host} is down {load:.1}\n{notes}"), tool)]
struct HostDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// Load of the last minute, for example 1.5.
    load: f64,
    /// Remark for the group.
    #[dingtalk(line = "- {}", length(..=80), max_items = 3)]
    notes: Vec<String>,
}

#[test]
fn the_path_is_used() {
    let down = HostDown { host: "web-3".into(), load: 1.0, notes: vec!["look".into()] };
    assert_eq!(super::body(&down), "web-3 is down 1.0\n- look");
    assert_eq!(HostDown::NAME, "send_host_down");
}
