use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{a}\n{b}\n{c}\n{d}"))]
struct HostDown {
    #[dingtalk(line = "- {}", max_shown = 3, more = "and {}\nmore")]
    a: Vec<String>,
    #[dingtalk(line = "- {}", max_shown = 3, more = "{} of {}")]
    b: Vec<String>,
    #[dingtalk(line = "- {}", max_shown = 3, more = "and {:.1} more")]
    c: Vec<String>,
    #[dingtalk(line = "- {}", max_shown = 3, more = "and {hosts} more")]
    d: Vec<String>,
}

fn main() {}
