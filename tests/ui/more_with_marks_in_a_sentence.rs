use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(markdown(title = "{hosts} down", text = "{hosts}\n\nTagged {tags}"))]
struct HostsDown {
    #[dingtalk(line = "- {}", join = ", ", max_shown = 3, more = "- …and {} more")]
    hosts: Vec<String>,
    #[dingtalk(join = ", ", max_shown = 3, more = "**{}** more")]
    tags: Vec<String>,
}

fn main() {}
