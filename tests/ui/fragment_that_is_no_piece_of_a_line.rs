use dingtalk_core::Fragment;

#[derive(Fragment)]
#[dingtalk(fragment("- {name}"))]
struct Item {
    name: String,
}

#[derive(Fragment)]
#[dingtalk(fragment("{name}\n{load}"))]
struct Lines {
    name: String,
    load: f64,
}

#[derive(Fragment)]
#[dingtalk(fragment(""))]
struct Empty {}

#[derive(Fragment)]
struct Nothing {
    name: String,
}

fn main() {}
