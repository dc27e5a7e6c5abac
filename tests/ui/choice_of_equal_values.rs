use dingtalk_core::Choice;

#[derive(Choice)]
#[dingtalk(rename_all = "lowercase")]
enum Level {
    Low,
    #[dingtalk(rename = "low")]
    Lower,
    #[dingtalk(rename = " ")]
    Lowest,
    #[dingtalk(txt("高"))]
    High,
}

fn show(level: Level) -> String {
    format!("{level} {}", "low".parse::<Level>().is_ok())
}

fn main() {
    show(Level::Low);
}
