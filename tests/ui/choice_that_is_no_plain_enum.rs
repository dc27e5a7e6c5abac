use dingtalk_core::Choice;

#[derive(Choice)]
enum Level {
    Low,
    High(u8),
    Both { low: u8 },
}

#[derive(Choice)]
struct Severity {
    level: u8,
}

#[derive(Choice)]
enum Never {}

#[derive(Choice)]
enum Generic<T> {
    One,
}

fn main() {}
