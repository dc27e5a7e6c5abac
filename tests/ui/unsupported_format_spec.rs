use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{host:?} is down"))]
struct Debugged {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host:>20} is down"))]
struct Aligned {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{load:.digits$}"))]
struct Computed {
    load: f64,
    #[dingtalk(skip)]
    digits: usize,
}

fn main() {}
