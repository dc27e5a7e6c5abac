use dingtalk_core::{
    Mobile, Notification,
    tool::{Tool, ToolSet},
    tools,
};

#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{hosts} are down",
        text = "
            ### {grup}
            {hosts}
            `{reason}`
        ",
    ),
    renam_all = "camelCase",
    tool(name = "Alert", wen = "hosts are down"),
)]
struct HostsDown {
    /// Name of the group, for example `frontend`.
    group: String,
    #[dingtalk(lin = "- {}", max_items = 3, max_items = 4)]
    hosts: Vec<String>,
    /// Cause of the outage.
    #[dingtalk(length(64..=1))]
    reason: String,
    #[dingtalk(at, skip)]
    on_call: Vec<Mobile>,
}

fn deliver(notification: &impl Notification) {
    let _ = notification.message();
}

fn main() {
    let down = HostsDown { group: String::new(), hosts: vec![], reason: String::new(), on_call: vec![] };
    deliver(&down);
    let _ = down.message();
    let _ = HostsDown::SPEC;
    let _ = ToolSet::new(tools![HostsDown]);
}
